#!/bin/sh
# Backs up both databases while everything runs, into a new folder of backups/ named by the time.
# databases.sh says which server. The folder appears once everything is written and verified; until
# then it is hidden, and removed on failure.
#
# Each dump is a consistent snapshot of its database. The two dumps need not be from the same
# moment: after restoring either, bet-maker reads the line from its beginning.
set -eu
cd "$(dirname "$0")/.."
. deploy/databases.sh
# Bets are confidential: only the current user may read the files.
umask 077

folder=${BACKUPS:-backups}
now() { date -u +%Y-%m-%dT%H-%M-%SZ; }
name=$(now)
unfinished=$folder/.unfinished.$$
trap 'rm -rf "$unfinished"' EXIT
# Without its own trap, a signal would end the shell without running the EXIT trap.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

mkdir -p "$folder"
# Remove the leftovers of killed backups.
for left in "$folder"/.unfinished.*; do
  [ ! -d "$left" ] || kill -0 "${left##*.}" 2>/dev/null || rm -rf "$left"
done
# In a container, this process may have the same pid as one that was killed.
rm -rf "$unfinished"
mkdir "$unfinished"

back_up() { # back_up line|bet DATABASE FILE TABLE
  as_owner "$1" pg_dump --format=custom --lock-wait-timeout=60s --dbname "$2" \
    >"$unfinished/$3" </dev/null || fail "Dumping $2 failed. No backup was made."
  check_dump "$unfinished/$3" "$4"
  step "$2 -> $3, $(($(wc -c <"$unfinished/$3") / 1024)) KiB, verified"
}

echo "Backing up $line_db and $bet_db $where"
back_up line "$line_db" line_db.dump events
back_up bet "$bet_db" bet_db.dump bets
# Flush to disk before the final name says that the backup is complete.
sync
# Another backup may have started in the same second.
while [ -e "$folder/$name" ]; do
  sleep 1
  name=$(now)
done
mv "$unfinished" "$folder/$name"
step "$folder/$name is complete. To restore it: make restore from=$folder/$name"
