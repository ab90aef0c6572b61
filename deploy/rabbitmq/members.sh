#!/bin/bash
# Waits until the nodes form one cluster, then gives every quorum queue a member on each of them.
# Queues declared while a node was down, or before the cluster formed, have fewer members.
set -eu
first=rabbit@rabbitmq
others='rabbit@rabbitmq-2 rabbit@rabbitmq-3'

tries=0
until rabbitmqctl -q -n "$first" await_online_nodes 3 --timeout 10 >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo 'The nodes did not form a cluster: see their logs.' >&2; exit 1; }
  echo 'waiting for all three nodes'
  sleep 2
done
for node in $first $others; do
  rabbitmq-queues -n "$first" grow "$node" all
done
