#!/bin/sh
# Passes options and scripts to Bun, and runs any other command directly.
set -e
if [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null; then
  set -- bun "$@"
fi
exec "$@"
