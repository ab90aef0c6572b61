#!/bin/bash
# Starts a node of the cluster. A node that is new joins after the one that JOIN_AFTER names: three
# that begin at once wait for each other's lock for more than a minute, and could each begin a
# cluster of its own.
set -eu
waited_s=0
if [ -n "${JOIN_AFTER:-}" ] && [ ! -d /var/lib/rabbitmq/mnesia ]; then
  until (exec 3<>"/dev/tcp/$JOIN_AFTER/5672") 2>/dev/null; do
    # It is not needed to join the others, should it never come.
    [ "$waited_s" -lt 90 ] || break
    [ $((waited_s % 10)) -ne 0 ] || echo "new here: waiting for $JOIN_AFTER"
    sleep 1
    waited_s=$((waited_s + 1))
  done
fi
exec docker-entrypoint.sh rabbitmq-server
