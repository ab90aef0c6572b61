#!/bin/sh
# Creates or updates the project's roles and databases on a PostgreSQL server (roles.sql). Run it
# again whenever a password has changed. psql's variables choose the server and the superuser:
# PGHOST, PGPORT, PGUSER, PGPASSWORD.
set -eu
for name in LINE_OWNER_PASSWORD LINE_DB_PASSWORD \
  BET_OWNER_PASSWORD BET_DB_PASSWORD BET_WORKER_PASSWORD; do
  eval "value=\${$name:-}"
  [ -n "$value" ] || { echo "Setting $name is required." >&2; exit 1; }
done
. "$(dirname "$0")/session.sh"
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres --file "$(dirname "$0")/roles.sql"
echo 'Roles and databases are up to date'
