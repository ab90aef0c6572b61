# Sourced by backup.sh and restore.sh: where the PostgreSQL tools run, and the names of the two
# databases.
#
# Without PGHOST the tools run in the compose container. With PGHOST they run here, and libpq's
# variables (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGSSLMODE …) choose the server and the superuser;
# LINE_DATABASE_URL and BET_DATABASE_URL, the owners' URLs used for migrations, then name the
# databases. `psql_command` is the command for a person to type.
. deploy/postgres/session.sh
if [ -n "${PGHOST:-}" ]; then
  line_db=$(printf %s "${LINE_DATABASE_URL:?is required with PGHOST}" | sed 's/[?].*//; s/.*\///')
  bet_db=$(printf %s "${BET_DATABASE_URL:?is required with PGHOST}" | sed 's/[?].*//; s/.*\///')
  where="on $PGHOST${PGPORT:+:$PGPORT}"
  psql_command='psql'
  in_postgres() { "$@"; }
else
  line_db=line_db
  bet_db=bet_db
  where="in the compose container"
  psql_command='docker compose exec postgres psql -U postgres'
  in_postgres() {
    docker compose exec -T -e PGUSER=postgres -e PGOPTIONS="$PGOPTIONS" postgres "$@"
  }
fi
began_s=$(date +%s)

fail() { # fail MESSAGE: prints the message and exits.
  printf '%s\n' "$*" >&2
  exit 1
}

step() { # step MESSAGE: prints the progress with the seconds passed.
  printf '%4d s  %s\n' "$(($(date +%s) - began_s))" "$*"
}

# Names go into commands unquoted, so they must not need quotes.
for name in "$line_db" "$bet_db"; do
  case $name in
    '' | *[!a-z0-9_]*)
      fail "The database name '$name' is not supported: use only a-z, 0-9 and _." ;;
  esac
done

# run_psql …: runs psql without the user's settings, prints bare values, stops at the first error.
run_psql() {
  in_postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
    --command 'set client_min_messages = warning' "$@"
}

sql() { # sql DATABASE STATEMENT: prints the values.
  run_psql --dbname "$1" --command "$2" </dev/null
}

# sql_file DATABASE FILE [NAME=VALUE …]: runs a file of deploy/restoring with psql variables.
sql_file() {
  sql_database=$1 sql_path=$2
  shift 2
  for pair; do
    set -- "$@" --set "$pair"
    shift
  done
  run_psql --dbname "$sql_database" "$@" --file - <"deploy/restoring/$sql_path"
}

# check_dump FILE TABLE: fails unless the file is a complete dump with this table's rows. Reads all
# of it: the list of contents is at the beginning and intact even in a truncated file.
check_dump() {
  in_postgres pg_restore --list <"$1" | grep " TABLE DATA public $2 " >/dev/null ||
    fail "$1 is not a backup with the table '$2'."
  in_postgres pg_restore --file=- <"$1" >/dev/null || fail "$1 is truncated or corrupt."
}
