#!/bin/sh
# Writes a backup of both databases into a new folder of backups/, named by the time, while
# everything runs; see databases.sh for where. The folder appears when all is written and read
# again; until then it is a hidden one that a failure removes.
#
# Each dump is one snapshot of its database. The two need not be of one moment: restoring either
# makes bet-maker read the line from its beginning, whichever of the two was older.
set -eu
cd "$(dirname "$0")/.."
. deploy/databases.sh
# Bets are nobody else's business.
umask 077

folder=${BACKUPS:-backups}
now() { date -u +%Y-%m-%dT%H-%M-%SZ; }
name=$(now)
unfinished=$folder/.unfinished.$$
trap 'rm -rf "$unfinished"' EXIT
# Without a trap of its own a signal ends the shell without the one for its exit.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

mkdir -p "$folder"
# Those of a backup that was killed.
for left in "$folder"/.unfinished.*; do
  [ ! -d "$left" ] || kill -0 "${left##*.}" 2>/dev/null || rm -rf "$left"
done
# In a container a process may have the number of the one that was killed.
rm -rf "$unfinished"
mkdir "$unfinished"

back_up() { # back_up DATABASE FILE TABLE
  in_postgres pg_dump --format=custom --lock-wait-timeout=60s --dbname "$1" >"$unfinished/$2" </dev/null ||
    fail "$1 could not be dumped. Nothing was kept."
  check_dump "$unfinished/$2" "$3"
  step "$1 -> $2, $(($(wc -c <"$unfinished/$2") / 1024)) KiB, read again to its end"
}

echo "Backing up $line_db and $bet_db $where"
back_up "$line_db" line_db.dump events
back_up "$bet_db" bet_db.dump bets
# On the disk before it has a name that says it is whole.
sync
# Another one may have begun in the same second.
while [ -e "$folder/$name" ]; do
  sleep 1
  name=$(now)
done
mv "$unfinished" "$folder/$name"
step "$folder/$name is complete. To restore it: make restore from=$folder/$name"
