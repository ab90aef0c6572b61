#!/bin/bash
# Handles the variables and files of the official entry point, except those for TLS and mail.
set -euo pipefail

write_settings() {
  cat <<'SETTINGS'
CA_FILE = '/etc/ssl/certs/ca-certificates.crt'
LOG_FILE = '/dev/null'
MINIFY_HTML = False
DEFAULT_BINARY_PATHS = {'pg': '/usr/local/pgsql-17', 'pg-17': '/usr/local/pgsql-17'}
SETTINGS
  env | sed -n 's/^PGADMIN_CONFIG_\([A-Z0-9_]*\)=\(.*\)/\1 = \2/p'
}

make_database() {
  local email=${PGADMIN_DEFAULT_EMAIL:-} password=${PGADMIN_DEFAULT_PASSWORD:-}
  local file=${PGADMIN_DEFAULT_PASSWORD_FILE:-}
  [ -z "$file" ] || password=$(<"$file")
  if [ -z "$email" ] || [ -z "$password" ]; then
    echo 'Set PGADMIN_DEFAULT_EMAIL and PGADMIN_DEFAULT_PASSWORD or …_PASSWORD_FILE.' >&2
    return 1
  fi
  # Fails early, like the official entry point, if the login is not an e-mail address.
  local check='import sys, email_validator as e
e.validate_email(sys.argv[1], check_deliverability=False)'
  /venv/bin/python3 -c "$check" "$email"
  PGADMIN_SETUP_EMAIL=$email PGADMIN_SETUP_PASSWORD=$password /venv/bin/python3 run_pgadmin.py
  local servers=${PGADMIN_SERVER_JSON_FILE:-/pgadmin4/servers.json}
  [ ! -f "$servers" ] || /venv/bin/python3 setup.py load-servers "$servers" --user "$email"
}

[ -s /pgadmin4/config_distro.py ] || write_settings >/pgadmin4/config_distro.py
[ -f /var/lib/pgadmin/pgadmin4.db ] || make_database
# One worker process, because pgAdmin keeps the connections of sessions in it. Queries may take
# minutes, hence the time-out.
exec /venv/bin/gunicorn --bind "[::]:${PGADMIN_LISTEN_PORT:-80}" \
  --workers 1 --threads "${GUNICORN_THREADS:-25}" --timeout 86400 \
  --access-logfile "${GUNICORN_ACCESS_LOGFILE:--}" run_pgadmin:app
