#!/bin/sh
# restore.sh FROM [line|bet]: puts a backup in the place of both running databases, or of one, while
# the services run. FROM is a folder that backup.sh wrote, or the name of a database on the same
# server, such as one that a restore has replaced. What the running database has and the backup does
# not is gone from the system, though not lost: the database is kept under another name. So it asks
# first, or wants yes=1. See databases.sh for where, restoring/ for the statements.
#
# The backup is prepared in a database of its own beside the running one, which serves until the
# last second. Then the running one is closed and the two change names in one transaction. Ended
# anywhere before that, even killed, the running database is as it was; run again, it begins anew. A
# stage that leaves something to do says what.
set -eu
cd "$(dirname "$0")/.."
. deploy/databases.sh

# What an event says that was open when it was backed up.
reason='The line was restored from a backup: to be looked at before it takes bets again'
usage='make restore from=backups/TIME [only=line|only=bet] [yes=1]'
from=${1:-}
from=${from%/}
only=${2:-}
stage=prepared running='' restoring=''

on_exit() {
  code=$?
  # Whoever listened may be gone; what has to be mended is mended all the same.
  trap '' HUP INT PIPE TERM
  [ "$code" != 0 ] && [ -n "$running" ] || exit "$code"
  case $stage in
    closed)
      # Harmless if the names have been changed already: then it is the restored one that is open.
      if sql postgres "alter database $running allow_connections true"; then
        echo "Stopped. $running is open again, with what it had." >&2
      else
        echo "Stopped, with $running closed. To open it again: $by_hand -d postgres -c 'alter database $running allow_connections true'" >&2
      fi ;;
    *)
      # Half a copy may be what has filled the disk.
      sql postgres "drop database if exists $restoring with (force)" >&2 || echo "$restoring is still there." >&2
      echo "Stopped. $running is as it was and serves." >&2 ;;
  esac
  exit "$code"
}
trap on_exit EXIT
# Without a trap of its own a signal ends the shell without the one for its exit.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

has_table() { # has_table DATABASE TABLE: fails altogether when the database cannot be asked, which is no answer.
  answer=$(sql "$1" "select to_regclass('public.$2') is not null") || fail "$1 cannot be asked. Is it closed? $by_hand -d postgres -c 'alter database $1 allow_connections true'"
  [ "$answer" = t ]
}

exists() { # exists DATABASE
  answer=$(sql postgres "select count(*) from pg_database where datname = '$1'") || fail "The server cannot be asked."
  [ "$answer" = 1 ]
}

# highest_version DATABASE EVENTS POSITION: the highest version of the line that is known to a
# database by these tables, the line's own or those of bet-maker's copy, which still knows when the
# line is lost. An older position has no base.
highest_version() {
  exists "$1" || { echo 0; return; }
  has_table "$1" "$2" || { echo 0; return; }
  sql "$1" "select greatest(coalesce((to_jsonb(p) ->> 'version_base')::bigint, 0), (select max(version) from $2)) from $3 p"
}

# migrate SERVICE DATABASE: brings it to the newest form, by its owner's login.
migrate() {
  case $1 in line-provider) setting=LINE_DATABASE_URL ;; *) setting=BET_DATABASE_URL ;; esac
  # The same login, with the other name: what follows the last slash, up to a question mark.
  command="export $setting=\$(printf %s \"\$$setting\" | sed 's/^\\([^?]*\\/\\)[^?]*/\\1$2/'); exec \"\${BUN:-bun}\" $1/src/migrate.ts"
  if [ -n "${PGHOST:-}" ]; then
    sh -c "$command" </dev/null >/dev/null
  else
    docker compose run --rm -T --no-deps migrate sh -c "$command" </dev/null >/dev/null
  fi
}

prepare() { # prepare SERVICE DUMP: makes $restoring, in the newest form, with the rights of $running.
  sql postgres "drop database if exists $restoring with (force)"
  if [ -d "$from" ]; then
    sql postgres "create database $restoring template template0"
  else
    sql postgres "create database $restoring template $from"
  fi
  sql_file postgres like-the-running-one.sql "running=$running" "new=$restoring"
  if [ -d "$from" ]; then
    # All that is in there belongs to the owner of the database, even if it belonged to another when
    # it was backed up.
    owner=$(sql postgres "select pg_get_userbyid(datdba) from pg_database where datname = '$running'")
    in_postgres pg_restore --exit-on-error --no-owner --role "$owner" --dbname "$restoring" <"$from/$2"
  fi
  step "$restoring: has what $from has"
  migrate "$1" "$restoring"
  known=$(grep -c '"tag"' "$1/migrations/meta/_journal.json")
  applied=$(sql "$restoring" 'select count(*) from drizzle.__drizzle_migrations')
  [ "$applied" -le "$known" ] || fail "The backup was made by newer code than this: $applied migrations, here $known."
  step "$restoring: is of the newest form"
}

begin() { # begin DATABASE: from here on it is the one that is replaced.
  running=$1 restoring=$1_restoring stage=prepared
  # The last one may have been replaced in the same second.
  while
    time=$(date -u +%Y%m%dt%H%M%Sz)
    replaced=$1_replaced_$time
    [ "$(sql postgres "select count(*) from pg_database where datname = '$replaced'")" != 0 ]
  do sleep 1; done
  mark="restored at $time (run $$)"
  [ "$(sql postgres "select datallowconn from pg_database where datname = '$running'")" = t ] && return
  step "$running was left closed by a run that was killed; it is opened again"
  sql postgres "alter database $running allow_connections true"
}

# close: nobody gets at $running any more, until it is replaced or opened again. Sets closed_at_ms,
# highest, last_pass.
close() {
  sql postgres "comment on database $restoring is '$mark'"
  stage=closed
  step "$running: closed now, services answer 503. If this is killed here: $by_hand -d postgres -c 'alter database $running allow_connections true'"
  values=$(sql_file "$running" close.sql "running=$running")
  closed_at_ms=${values%%|*} last_pass=${values##*|} highest=${values#*|}
  highest=${highest%%|*}
}

swap() {
  closed_ms=$(sql_file postgres swap.sql "running=$running" "restored=$restoring" "replaced=$replaced" "mark=$mark" "closed_at_ms=$closed_at_ms")
  stage=done
  step "$running: is the restored one, open after $closed_ms ms"
  running=''
  echo "        What it was is kept, read-only, as $replaced."
  echo "        To bring that back:  make restore from=$replaced only=$1"
  echo "        To drop it:          $by_hand -d postgres -c 'drop database $replaced'"
}

restore_line() {
  begin "$line_db"
  prepare line-provider line_db.dump
  highest=$(highest_version "$running" events feed)
  for copy in "$bet_db" "${bet_db}_restoring"; do
    copied=$(highest_version "$copy" line_events feed_position)
    [ "$highest" -ge "$copied" ] || highest=$copied
  done
  made=$(sql_file "$restoring" line_db.sql "highest=$highest" "reason=$reason")
  step "$restoring: $made"
  sql "$restoring" 'vacuum analyze'
  base=$(sql "$restoring" 'select version_base from feed')
  close
  # It went on changing meanwhile, though hardly by that much.
  [ "$highest" -le "$base" ] || fail "$running has got to version $highest, and the restored one begins at $base. Try again."
  swap line
  echo "        Events that were open take bets again one by one: PUT /event {\"event_id\":\"…\",\"suspended\":false}"
}

prepare_bets() {
  begin "$bet_db"
  prepare bet-maker bet_db.dump
  sql "$restoring" analyze
}

put_bets() {
  begin "$bet_db"
  # Above what the line says, its own news would pass for old here, for ever.
  copied=$(highest_version "$restoring" line_events feed_position)
  said=$(highest_version "$line_db" events feed)
  [ "$copied" -le "$said" ] ||
    fail "This backup has heard of version $copied of the line, which is at $said: restore both, so that the line begins above."
  close
  made=$(sql_file "$restoring" bet_db.sql "last_id=$highest" "last_pass=$last_pass")
  swap bet
  echo "        $made"
  echo "        Bets are taken again when a worker has read the whole line."
}

case $only in
  '') databases="$line_db $bet_db" ;;
  line) databases=$line_db ;;
  bet) databases=$bet_db ;;
  *) fail "only=line or only=bet, or neither. $usage" ;;
esac
if [ -z "$from" ]; then
  echo "Which one? $usage" >&2
  find "${BACKUPS:-backups}" -mindepth 1 -maxdepth 1 -type d ! -name '.*' 2>/dev/null | sort >&2
  exit 2
fi
if [ ! -d "$from" ]; then
  case $from in *[!a-z0-9_]*) fail "There is no folder $from. $usage" ;; esac
  [ -n "$only" ] || fail "A database takes the place of one: say only=line or only=bet."
  [ "$(sql postgres "select count(*) from pg_database where datname = '$from'")" = 1 ] || fail "There is neither a folder nor a database $from."
  [ "$from" != "$databases" ] || fail "$from is the running one."
  [ "$from" != "${databases}_restoring" ] || fail "$from is what a restore works on, and drops."
fi
[ "$(sql postgres "select current_setting('is_superuser')")" = on ] || fail "This needs a superuser, $where."

echo "Restoring $databases $where from $from"
for database in $databases; do
  [ "$(sql postgres "select count(*) from pg_database where datname = '$database'")" = 1 ] ||
    fail "There is no database $database to take the place of. Make it first, empty, with its owner and rights."
  case $database in "$line_db") dump=line_db.dump table=events ;; *) dump=bet_db.dump table=bets ;; esac
  if [ -d "$from" ]; then check_dump "$from/$dump" "$table"; else has_table "$from" "$table" || fail "$from has no table '$table'."; fi
done
if [ "${yes:-}" != 1 ]; then
  [ -t 0 ] || fail "What was changed since is gone from the system afterwards. To go on: yes=1. Nothing was changed."
  printf 'What was changed since is gone from the system afterwards. To go on, type "restore": '
  read -r answer
  [ "$answer" = restore ] || fail 'Nothing was changed.'
fi

# Bets are made ready first, so that the line begins above everything that they have heard of it,
# and put in their place last, so that they hear of no other line.
[ "$only" = line ] || prepare_bets
[ "$only" = bet ] || restore_line
[ "$only" = line ] || put_bets
step 'done'
