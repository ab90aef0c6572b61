#!/bin/sh
# Options and scripts go to Bun; a command is run as it is.
set -e
if [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null; then
  set -- bun "$@"
fi
exec "$@"
