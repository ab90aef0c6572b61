# Read by backup.sh and restore.sh: where PostgreSQL's programs run, and what the two databases are
# called.
#
# Without PGHOST they run in compose's container. With it they run here, and libpq's own variables
# (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGSSLMODE …) say which server and which superuser;
# LINE_DATABASE_URL and BET_DATABASE_URL, those of the owners, which migrate, then name the
# databases. `by_hand` is how a person gets there.
if [ -n "${PGHOST:-}" ]; then
  line_db=$(printf %s "${LINE_DATABASE_URL:?is required beside PGHOST}" | sed 's/[?].*//; s/.*\///')
  bet_db=$(printf %s "${BET_DATABASE_URL:?is required beside PGHOST}" | sed 's/[?].*//; s/.*\///')
  where="on $PGHOST${PGPORT:+:$PGPORT}"
  by_hand='psql'
  in_postgres() { "$@"; }
else
  line_db=line_db
  bet_db=bet_db
  where="in compose's container"
  by_hand='docker compose exec postgres psql -U postgres'
  in_postgres() { docker compose exec -T -e PGUSER=postgres postgres "$@"; }
fi
began_s=$(date +%s)

fail() { # fail MESSAGE: says what is wrong and ends.
  printf '%s\n' "$*" >&2
  exit 1
}

step() { # step MESSAGE: says what has been reached, and after how many seconds.
  printf '%4d s  %s\n' "$(($(date +%s) - began_s))" "$*"
}

# Names go into commands unquoted, and so must need no quotes.
for name in "$line_db" "$bet_db"; do
  case $name in '' | *[!a-z0-9_]*) fail "A database's name here is made of a-z, 0-9 and _, and '$name' is not." ;; esac
done

run_psql() { # run_psql …: psql with nothing of its own settings, so that it prints values and fails at the first error.
  in_postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
    --command 'set client_min_messages = warning' "$@"
}

sql() { # sql DATABASE STATEMENT: prints its values.
  run_psql --dbname "$1" --command "$2" </dev/null
}

sql_file() { # sql_file DATABASE FILE [NAME=VALUE …]: runs a file of deploy/restoring with psql variables.
  sql_database=$1 sql_path=$2
  shift 2
  for pair; do
    set -- "$@" --set "$pair"
    shift
  done
  run_psql --dbname "$sql_database" "$@" --file - <"deploy/restoring/$sql_path"
}

# check_dump FILE TABLE: fails unless the file is a whole dump that has this table's rows. All of it
# is read: a list of contents stands at its beginning, and is whole in a file that was cut off.
check_dump() {
  in_postgres pg_restore --list <"$1" | grep " TABLE DATA public $2 " >/dev/null || fail "$1 is no backup with the table '$2'."
  in_postgres pg_restore --file=- <"$1" >/dev/null || fail "$1 cannot be read to its end."
}
