#!/bin/bash
# Starts a cluster node. A new node waits for the node named by JOIN_AFTER. Three new nodes starting
# at once would wait for each other's lock for more than a minute, and could form separate clusters.
set -eu
waited_s=0
if [ -n "${JOIN_AFTER:-}" ] && [ ! -d /var/lib/rabbitmq/mnesia ]; then
  until (exec 3<>"/dev/tcp/$JOIN_AFTER/5672") 2>/dev/null; do
    # After 90 s the node joins the others anyway.
    [ "$waited_s" -lt 90 ] || break
    [ $((waited_s % 10)) -ne 0 ] || echo "new node: waiting for $JOIN_AFTER"
    sleep 1
    waited_s=$((waited_s + 1))
  done
fi
exec docker-entrypoint.sh rabbitmq-server
