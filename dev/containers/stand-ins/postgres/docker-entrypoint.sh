#!/bin/bash
# Does what the official entry point does, without its warnings.
set -Eeo pipefail
[ "${1:0:1}" != - ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"

# setting NAME [DEFAULT]: exports NAME with its own value or the content of the file NAME_FILE.
setting() {
  local file="${1}_FILE"
  [ -n "${!1:-}" ] || [ -z "${!file:-}" ] || printf -v "$1" %s "$(<"${!file}")"
  [ -n "${!1:-}" ] || printf -v "$1" %s "${2:-}"
  export "${1?}"
  unset "$file"
}

sql() {
  PGHOST= psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" "$@"
}

# make_cluster SWITCH …: runs initdb, then starts a server with these switches, on its socket only,
# creates the database and runs the files in /docker-entrypoint-initdb.d.
make_cluster() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
    echo 'Set POSTGRES_PASSWORD: a new server needs a password for its superuser.' >&2
    return 1
  fi
  # The arguments may contain quotes, hence eval.
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' \
    "$POSTGRES_INITDB_ARGS"
  local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "$@")}
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

  export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
  PGUSER="$POSTGRES_USER" pg_ctl -D "$PGDATA" -w start \
    -o "$(printf '%q ' "$@" -c listen_addresses='')"
  [ "$POSTGRES_DB" = postgres ] ||
    sql --dbname postgres -c "create database \"$POSTGRES_DB\""
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) sql --dbname "$POSTGRES_DB" -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | sql --dbname "$POSTGRES_DB" ;;
      *.sql.xz) xzcat "$file" | sql --dbname "$POSTGRES_DB" ;;
      *.sql.zst) zstd -dc "$file" | sql --dbname "$POSTGRES_DB" ;;
    esac
  done
  PGUSER="$POSTGRES_USER" pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

setting POSTGRES_PASSWORD
setting POSTGRES_USER postgres
setting POSTGRES_DB "$POSTGRES_USER"
setting POSTGRES_INITDB_ARGS
mkdir -p "$PGDATA"
chmod 700 "$PGDATA" || : # fails on another user's folder, which may still work
if [ "$(id -u)" = 0 ]; then
  find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
  exec gosu postgres "$0" "$@"
fi
[ -s "$PGDATA/PG_VERSION" ] || make_cluster "${@:2}"
exec "$@"
