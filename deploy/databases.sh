# Sourced by backup.sh and restore.sh: where the PostgreSQL tools run, and the names of the two
# databases.
#
# Without PGHOST the tools run in the compose container. With PGHOST they run here, and libpq's
# variables (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGSSLMODE …) choose the server and the superuser;
# LINE_DATABASE_URL and BET_DATABASE_URL, the owners' URLs used for migrations, then name the
# databases and the owners. `psql_command` is the command for a person to type.
#
# An owner can leave SQL in its database that runs when somebody looks there: triggers, views,
# functions named like PostgreSQL's own. So the owner itself logs in for that (as_owner). The
# superuser works in the database `postgres`, and elsewhere only by commands that run no such SQL.
. deploy/postgres/session.sh
superuser_options="$PGOPTIONS -c search_path=pg_catalog -c client_min_messages=warning"
# Without the warnings that only a superuser may vacuum the shared catalogs.
owner_options="$PGOPTIONS -c client_min_messages=error"
if [ -n "${PGHOST:-}" ]; then
  line_db=$(printf %s "${LINE_DATABASE_URL:?is required with PGHOST}" | sed 's/[?].*//; s/.*\///')
  bet_db=$(printf %s "${BET_DATABASE_URL:?is required with PGHOST}" | sed 's/[?].*//; s/.*\///')
  where="on $PGHOST${PGPORT:+:$PGPORT}"
  psql_command='psql'
  in_postgres() { PGOPTIONS=$superuser_options "$@"; }
  as_owner() { # as_owner line|bet COMMAND …
    case $1 in line) owner_url=$LINE_DATABASE_URL ;; *) owner_url=$BET_DATABASE_URL ;; esac
    shift
    PGOPTIONS=$owner_options SUPERUSER=${PGUSER:-} SUPERUSER_PASSWORD=${PGPASSWORD:-} \
      PGUSER=$(part_of "$owner_url" username) PGPASSWORD=$(part_of "$owner_url" password) "$@"
  }
  part_of() { # part_of URL PART: decoded. A password is never an argument, which others can see.
    URL=$1 "${BUN:-bun}" -e "console.log(decodeURIComponent(new URL(process.env.URL).$2))"
  }
else
  line_db=line_db
  bet_db=bet_db
  where="in the compose container"
  psql_command='docker compose exec postgres psql -U postgres'
  in_postgres() {
    docker compose exec -T -e PGUSER=postgres -e PGOPTIONS="$superuser_options" postgres "$@"
  }
  as_owner() { # as_owner line|bet COMMAND …
    owner=$1_owner
    shift
    docker compose exec -T -e PGUSER="$owner" -e PGOPTIONS="$owner_options" \
      -e SUPERUSER=postgres postgres "$@"
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

# Without the user's settings; prints bare values and stops at the first error.
psql='psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1'

sql() { # sql DATABASE STATEMENT: as the superuser.
  in_postgres $psql --dbname "$1" --command "$2" </dev/null
}

owner_sql() { # owner_sql line|bet DATABASE STATEMENT
  as_owner "$1" $psql --dbname "$2" --command "$3" </dev/null
}

# run_file LOGIN DATABASE FILE [NAME=VALUE …]: runs a file of deploy/restoring with psql variables.
# LOGIN: in_postgres (the superuser), 'as_owner line' or 'as_owner bet'.
run_file() {
  sql_login=$1 sql_database=$2 sql_path=$3
  shift 3
  for pair; do
    set -- "$@" --set "$pair"
    shift
  done
  $sql_login $psql --dbname "$sql_database" "$@" --file - <"deploy/restoring/$sql_path"
}

# check_dump FILE TABLE: fails unless the file is a complete dump with this table's rows. Reads all
# of it: the list of contents is at the beginning and intact even in a truncated file.
check_dump() {
  in_postgres pg_restore --list <"$1" | grep " TABLE DATA public $2 " >/dev/null ||
    fail "$1 is not a backup with the table '$2'."
  in_postgres pg_restore --file=- <"$1" >/dev/null || fail "$1 is truncated or corrupt."
}

has_database() { # has_database DATABASE
  answer=$(sql postgres "select count(*) from pg_database where datname = '$1'") ||
    fail "The server is unavailable."
  [ "$answer" = 1 ]
}

# numbers …: fails unless all are whole numbers. They come from a database.
numbers() {
  for number; do
    case $number in '' | *[!0-9]*) return 1 ;; esac
  done
}

service_of() { # service_of line|bet
  case $1 in line) echo line-provider ;; *) echo bet-maker ;; esac
}

# migrate line|bet DATABASE: migrates it to the newest schema, as its owner.
migrate() {
  case $1 in line) setting=LINE_DATABASE_URL ;; *) setting=BET_DATABASE_URL ;; esac
  # Keep the login, replace the database name: the part between the last slash and a question mark.
  rename="s/^\\([^?]*\\/\\)[^?]*/\\1$2/"
  command="export $setting=\$(printf %s \"\$$setting\" | sed '$rename')
    exec \"\${BUN:-bun}\" $(service_of "$1")/src/migrate.ts"
  if [ -n "${PGHOST:-}" ]; then
    sh -c "$command" </dev/null >/dev/null
  else
    docker compose run --rm -T --no-deps migrate sh -c "$command" </dev/null >/dev/null
  fi
}

# check_ledger: fails unless every account of the bets adds up; prints what does not.
check_ledger() {
  if [ -n "${PGHOST:-}" ]; then
    "${BUN:-bun}" bet-maker/src/check-ledger.ts </dev/null
  else
    docker compose run --rm -T --no-deps migrate bun bet-maker/src/check-ledger.ts </dev/null
  fi
}
