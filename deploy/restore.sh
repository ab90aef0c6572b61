#!/bin/sh
# restore.sh FROM [line|bet]: replaces both running databases, or one, with a backup while the
# services run. FROM is a folder written by backup.sh, or the name of a database on the same server,
# such as one that an earlier restore replaced. Everything newer than the backup leaves the system,
# though it is not lost: the replaced database is kept under another name. So the script asks for
# confirmation, or wants yes=1. databases.sh says which server; restoring/ has the statements.
#
# The backup is prepared in a separate database while the running one keeps serving. Then the
# running one is closed and the two swap names in one transaction. Interrupted at any time before
# that, even killed, the running database stays as it was, and the next run starts over. Where an
# interruption leaves something to do, the script prints the command.
set -eu
cd "$(dirname "$0")/.."
. deploy/databases.sh

# The reason shown on events that were open when the backup was made.
reason='The line was restored from a backup: check this event before reopening it'
usage='make restore from=backups/TIME [only=line|only=bet] [yes=1]'
from=${1:-}
from=${from%/}
only=${2:-}
stage=prepared running='' restoring=''

reopen() { # reopen DATABASE: prints the command that opens a closed database.
  printf %s "$psql_command -d postgres -c 'alter database $1 allow_connections true'"
}

on_exit() {
  code=$?
  # The terminal may be gone; clean up anyway.
  trap '' HUP INT PIPE TERM
  [ "$code" != 0 ] && [ -n "$running" ] || exit "$code"
  case $stage in
    closed)
      # Harmless after the swap: then the open database is already the restored one.
      if sql postgres "alter database $running allow_connections true"; then
        echo "Stopped. $running is open again, unchanged." >&2
      else
        echo "Stopped, with $running closed. To open it again: $(reopen "$running")" >&2
      fi ;;
    *)
      # A half-finished copy may be what filled the disk.
      sql postgres "drop database if exists $restoring with (force)" >&2 ||
        echo "$restoring could not be dropped." >&2
      echo "Stopped. $running is unchanged and still serving." >&2 ;;
  esac
  exit "$code"
}
trap on_exit EXIT
# Without its own trap, a signal would end the shell without running the EXIT trap.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

has_database() { # has_database DATABASE
  answer=$(sql postgres "select count(*) from pg_database where datname = '$1'") ||
    fail "The server is unavailable."
  [ "$answer" = 1 ]
}

has_table() { # has_table DATABASE TABLE: exits if the database is unavailable.
  answer=$(sql "$1" "select to_regclass('public.$2') is not null") ||
    fail "$1 is unavailable. If it is closed, open it: $(reopen "$1")"
  [ "$answer" = t ]
}

# highest_version DATABASE EVENTS POSITION: the highest version of the line known to a database by
# these tables: the line's own, or those of bet-maker's copy, which still knows it when the line is
# lost. A position table of an older schema has no version base. In the copy, a version more than
# ten million above the base came with a forged message: it counts for nothing, and the copy follows
# the restored line all the same.
highest_version() {
  has_database "$1" || { echo 0; return; }
  has_table "$1" "$2" || { echo 0; return; }
  counts=true
  [ "$2" = events ] || counts='version <= base + 10000000'
  sql "$1" "select greatest(base, (select max(version) from $2 where $counts))
            from (select coalesce((to_jsonb(p) ->> 'version_base')::bigint, 0) as base
                  from $3 p) position"
}

# migrate SERVICE DATABASE: migrates it to the newest schema, as its owner.
migrate() {
  case $1 in line-provider) setting=LINE_DATABASE_URL ;; *) setting=BET_DATABASE_URL ;; esac
  # Keep the login, replace the database name: the part between the last slash and a question mark.
  rename="s/^\\([^?]*\\/\\)[^?]*/\\1$2/"
  command="export $setting=\$(printf %s \"\$$setting\" | sed '$rename')
    exec \"\${BUN:-bun}\" $1/src/migrate.ts"
  if [ -n "${PGHOST:-}" ]; then
    sh -c "$command" </dev/null >/dev/null
  else
    docker compose run --rm -T --no-deps migrate sh -c "$command" </dev/null >/dev/null
  fi
}

# prepare SERVICE DUMP: creates $restoring, with the newest schema and the settings of $running.
prepare() {
  sql postgres "drop database if exists $restoring with (force)"
  if [ -d "$from" ]; then
    sql postgres "create database $restoring template template0"
  else
    sql postgres "create database $restoring template $from"
  fi
  sql_file postgres copy-database-settings.sql "running=$running" "new=$restoring"
  if [ -d "$from" ]; then
    # Everything in it belongs to the current owner, even if the owner was another at backup time.
    owner=$(sql postgres \
      "select pg_get_userbyid(datdba) from pg_database where datname = '$running'")
    in_postgres pg_restore --exit-on-error --no-owner --role "$owner" --dbname "$restoring" \
      <"$from/$2"
  fi
  step "$restoring: loaded from $from"
  migrate "$1" "$restoring"
  known=$(grep -c '"tag"' "$1/migrations/meta/_journal.json")
  applied=$(sql "$restoring" 'select count(*) from drizzle.__drizzle_migrations')
  [ "$applied" -le "$known" ] ||
    fail "The backup is from a newer version: it has $applied migrations, this code has $known."
  step "$restoring: migrated"
}

begin() { # begin DATABASE: starts replacing this database.
  running=$1 restoring=$1_restoring stage=prepared
  # Another one may have been replaced in the same second.
  while
    time=$(date -u +%Y%m%dt%H%M%Sz)
    replaced=$1_replaced_$time
    has_database "$replaced"
  do sleep 1; done
  mark="restored at $time (run $$)"
  [ "$(sql postgres "select datallowconn from pg_database where datname = '$running'")" = t ] &&
    return
  step "$running was left closed by a killed run; opening it again"
  sql postgres "alter database $running allow_connections true"
}

# close: blocks all access to $running until it is replaced or opened again. Sets closed_at_ms,
# highest and last_sync.
close() {
  sql postgres "comment on database $restoring is '$mark'"
  stage=closed
  step "$running: closed now, services answer 503. If this run is killed: $(reopen "$running")"
  values=$(sql_file "$running" close.sql "running=$running")
  closed_at_ms=${values%%|*} last_sync=${values##*|} highest=${values#*|}
  highest=${highest%%|*}
}

swap() {
  closed_ms=$(sql_file postgres swap.sql "running=$running" "restored=$restoring" \
    "replaced=$replaced" "mark=$mark" "closed_at_ms=$closed_at_ms")
  stage=done
  step "$running: restored, open after $closed_ms ms"
  running=''
  echo "        The replaced database is kept, read-only, as $replaced."
  echo "        To bring it back:  make restore from=$replaced only=$1"
  echo "        To drop it:        $psql_command -d postgres -c 'drop database $replaced'"
}

restore_line() {
  begin "$line_db"
  prepare line-provider line_db.dump
  highest=$(highest_version "$running" events feed)
  for copy in "$bet_db" "${bet_db}_restoring"; do
    copied=$(highest_version "$copy" line_events feed_position)
    [ "$highest" -ge "$copied" ] || highest=$copied
  done
  result=$(sql_file "$restoring" line_db.sql "highest=$highest" "reason=$reason")
  step "$restoring: $result"
  sql "$restoring" 'vacuum analyze'
  base=$(sql "$restoring" 'select version_base from feed')
  close
  # The line went on changing meanwhile, though hardly by that much.
  [ "$highest" -le "$base" ] ||
    fail "$running has reached version $highest, but the restored one starts at $base. Try again."
  swap line
  echo '        Open events are suspended. Reopen each one after checking it:'
  echo '        PUT /event {"event_id":"…","suspended":false}'
}

prepare_bets() {
  begin "$bet_db"
  prepare bet-maker bet_db.dump
  sql "$restoring" analyze
}

put_bets() {
  begin "$bet_db"
  # With a higher version than the line's, the copy would ignore the line's changes for ever.
  copied=$(highest_version "$restoring" line_events feed_position)
  current=$(highest_version "$line_db" events feed)
  [ "$copied" -le "$current" ] ||
    fail "This backup knows version $copied of the line, which is at $current: restore both."
  close
  result=$(sql_file "$restoring" bet_db.sql "last_id=$highest" "last_sync=$last_sync")
  swap bet
  echo "        $result"
  echo '        Betting opens again once a worker has read the whole line.'
}

case $only in
  '') databases="$line_db $bet_db" ;;
  line) databases=$line_db ;;
  bet) databases=$bet_db ;;
  *) fail "Use only=line or only=bet, or neither. $usage" ;;
esac
if [ -z "$from" ]; then
  echo "Which backup? $usage" >&2
  find "${BACKUPS:-backups}" -mindepth 1 -maxdepth 1 -type d ! -name '.*' 2>/dev/null | sort >&2
  exit 2
fi
if [ ! -d "$from" ]; then
  case $from in *[!a-z0-9_]*) fail "There is no folder $from. $usage" ;; esac
  [ -n "$only" ] || fail "A database can replace only one: add only=line or only=bet."
  has_database "$from" || fail "There is no folder or database $from."
  [ "$from" != "$databases" ] || fail "$from is the running database."
  [ "$from" != "${databases}_restoring" ] || fail "$from is a work database that restore drops."
fi
[ "$(sql postgres "select current_setting('is_superuser')")" = on ] ||
  fail "This needs a superuser, $where."

echo "Restoring $databases $where from $from"
for database in $databases; do
  has_database "$database" ||
    fail "There is no database $database to replace. Create it, empty, with its owner and rights."
  case $database in
    "$line_db") dump=line_db.dump table=events ;;
    *) dump=bet_db.dump table=bets ;;
  esac
  if [ -d "$from" ]; then
    check_dump "$from/$dump" "$table"
  else
    has_table "$from" "$table" || fail "$from has no table '$table'."
  fi
done
warning='Everything newer than the backup will leave the system.'
if [ "${yes:-}" != 1 ]; then
  [ -t 0 ] || fail "$warning To continue: yes=1. Nothing was changed."
  printf '%s To continue, type "restore": ' "$warning"
  read -r answer
  [ "$answer" = restore ] || fail 'Nothing was changed.'
fi

# Bets are prepared first, so that the line starts above every version that they know, and swapped
# in last, so that they never see the replaced line.
[ "$only" = line ] || prepare_bets
[ "$only" = bet ] || restore_line
[ "$only" = line ] || put_bets
step 'done'
