#!/bin/bash
# Writes the Erlang cookie, the shared secret of the cluster's nodes, where RabbitMQ and its tools
# expect it, then runs a command.
set -eu
file=/var/lib/rabbitmq/.erlang.cookie
rm -f "$file"
(umask 077 && printf '%s' "$ERLANG_COOKIE" >"$file")
chown rabbitmq "$file"
unset ERLANG_COOKIE
exec "$@"
