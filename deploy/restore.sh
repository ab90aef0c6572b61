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

has_table() { # has_table line|bet DATABASE TABLE: exits if the database is unavailable.
  answer=$(owner_sql "$1" "$2" "select to_regclass('public.$3') is not null") ||
    fail "$2 is unavailable. If it is closed, open it: $(reopen "$2")"
  [ "$answer" = t ]
}

# highest_version line|bet DATABASE: the highest version of the line known to a database: by the
# line's own tables, or by those of bet-maker's copy, which still knows it when the line is lost. A
# position table of an older schema has no version base. In the copy, a version more than ten
# million above the base came with a forged message: it counts for nothing, and the copy follows the
# restored line all the same.
highest_version() {
  events=events position=feed counts=true
  [ "$1" = line ] ||
    events=line_events position=feed_position counts='version <= base + 10000000'
  has_database "$2" || { echo 0; return; }
  has_table "$1" "$2" "$events" || { echo 0; return; }
  owner_sql "$1" "$2" "select greatest(base, (select max(version) from $events where $counts))
            from (select coalesce((to_jsonb(p) ->> 'version_base')::bigint, 0) as base
                  from $position p) position"
}

# prepare line|bet: creates $restoring, with the newest schema and the settings of $running.
prepare() {
  sql postgres "drop database if exists $restoring with (force)"
  if [ -d "$from" ]; then
    sql postgres "create database $restoring template template0"
  else
    sql postgres "create database $restoring template $from"
  fi
  run_file in_postgres postgres copy-database-settings.sql "running=$running" "new=$restoring"
  if [ -d "$from" ]; then
    # Everything in it belongs to the current owner, even if the owner was another at backup time.
    as_owner "$1" pg_restore --exit-on-error --no-owner --dbname "$restoring" <"$from/$1_db.dump"
    # A dump can say this only to a superuser: nobody stores large objects (see roles.sql).
    may_store="select has_function_privilege('public', 'pg_catalog.lo_create(oid)', 'execute')"
    [ "$(sql "$running" "$may_store")" = t ] ||
      sql "$restoring" 'revoke execute on function pg_catalog.lo_create(pg_catalog.oid),
        pg_catalog.lo_creat(integer), pg_catalog.lo_from_bytea(pg_catalog.oid, bytea) from public'
  fi
  step "$restoring: loaded from $from"
  migrate "$1" "$restoring"
  known=$(grep -c '"tag"' "$(service_of "$1")/migrations/meta/_journal.json")
  applied=$(owner_sql "$1" "$restoring" 'select count(*) from drizzle.__drizzle_migrations')
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

# Closes $RUNNING as the superuser, in the shell of the psql that runs read-closed.sql.
closing='export PGUSER="$SUPERUSER" PGPASSWORD="$SUPERUSER_PASSWORD"
  export PGOPTIONS="$PGOPTIONS -c search_path=pg_catalog"
  printf "%s\n" "$CLOSE" | '$psql' --dbname postgres --file - \
    --set "running=$RUNNING" --set "session=$SESSION"'

# close line|bet: blocks all access to $running until it is replaced or opened again. Sets
# closed_at_ms, highest (the version or the bet), last_sync, last_transfer and last_entry.
close() {
  sql postgres "comment on database $restoring is '$mark'"
  stage=closed
  step "$running: closed now, services answer 503. If this run is killed: $(reopen "$running")"
  values=$(run_file "as_owner $1" "$running" read-closed.sql "running=$running" \
    "closing=$closing" "close=$(cat deploy/restoring/close.sql)")
  closed_at_ms=$(printf %s "$values" | sed -n 1p)
  IFS='|' read -r highest last_sync last_transfer last_entry <<EOF
$(printf %s "$values" | sed -n 2p)
EOF
  numbers "$closed_at_ms" "$highest" "$last_sync" "$last_transfer" "$last_entry" ||
    fail "$running could not be closed."
}

swap() {
  closed_ms=$(run_file in_postgres postgres swap.sql "running=$running" "restored=$restoring" \
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
  prepare line
  highest=$(highest_version line "$running")
  for copy in "$bet_db" "${bet_db}_restoring"; do
    copied=$(highest_version bet "$copy")
    [ "$highest" -ge "$copied" ] || highest=$copied
  done
  result=$(run_file 'as_owner line' "$restoring" line_db.sql "highest=$highest" "reason=$reason")
  step "$restoring: $result"
  owner_sql line "$restoring" 'vacuum analyze'
  base=$(owner_sql line "$restoring" 'select version_base from feed')
  close line
  # The line went on changing meanwhile, though hardly by that much.
  [ "$highest" -le "$base" ] ||
    fail "$running has reached version $highest, but the restored one starts at $base. Try again."
  swap line
  echo '        Open events are suspended. Reopen each one after checking it:'
  echo '        PUT /event {"event_id":"…","suspended":false}'
}

prepare_bets() {
  begin "$bet_db"
  prepare bet
  owner_sql bet "$restoring" analyze
}

put_bets() {
  begin "$bet_db"
  # With a higher version than the line's, the copy would ignore the line's changes for ever.
  copied=$(highest_version bet "$restoring")
  current=$(highest_version line "$line_db")
  [ "$copied" -le "$current" ] ||
    fail "This backup knows version $copied of the line, which is at $current: restore both."
  close bet
  result=$(run_file 'as_owner bet' "$restoring" bet_db.sql "last_id=$highest" \
    "last_sync=$last_sync" "last_transfer=$last_transfer" "last_entry=$last_entry")
  swap bet
  echo "        $result"
  echo '        Betting opens again once a worker has read the whole line.'
  step "$bet_db: checking the ledger"
  check_ledger || fail "$bet_db is restored and serves, but its ledger was not found in order:
see above. What to do now: docs/operations.md#backups."
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
    "$line_db") kind=line table=events ;;
    *) kind=bet table=bets ;;
  esac
  if [ -d "$from" ]; then
    check_dump "$from/${kind}_db.dump" "$table"
  else
    has_table "$kind" "$from" "$table" || fail "$from has no table '$table'."
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
