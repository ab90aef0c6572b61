#!/bin/sh
# Brings a PostgreSQL to the roles and databases of the project, new or not; see roles.sql. To be
# repeated whenever a password has changed. Where the server is, and as which superuser to log in,
# is said as psql has it: PGHOST, PGPORT, PGUSER, PGPASSWORD.
set -eu
for name in LINE_OWNER_PASSWORD LINE_DB_PASSWORD BET_OWNER_PASSWORD BET_DB_PASSWORD BET_WORKER_PASSWORD; do
  eval "value=\${$name:-}"
  [ -n "$value" ] || { echo "Setting $name is required." >&2; exit 1; }
done
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres --file "$(dirname "$0")/roles.sql"
echo 'The roles and databases are as they should be'
