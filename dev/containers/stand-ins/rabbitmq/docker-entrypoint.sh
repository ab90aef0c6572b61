#!/bin/bash
# RabbitMQ's programs run as its user, and the server owns its data.
set -euo pipefail
if [[ "$1" == rabbitmq* ]] && [ "$(id -u)" = 0 ]; then
  [ "$1" != rabbitmq-server ] ||
    find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq '{}' +
  exec gosu rabbitmq "$0" "$@"
fi
if [ -z "${RABBITMQ_USE_LONGNAME:-}" ] && [ "$(hostname)" != "$(hostname -s)" ]; then
  export RABBITMQ_USE_LONGNAME=true
fi
exec "$@"
