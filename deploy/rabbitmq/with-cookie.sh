#!/bin/bash
# Puts the secret that nodes of a cluster know each other by where RabbitMQ and its tools look for
# it, then runs a command.
set -eu
file=/var/lib/rabbitmq/.erlang.cookie
rm -f "$file"
(umask 077 && printf '%s' "$ERLANG_COOKIE" >"$file")
chown rabbitmq "$file"
unset ERLANG_COOKIE
exec "$@"
