#!/bin/sh
# Builds and starts everything, and waits until all of it is healthy, showing what is still missing.
set -eu
cd "$(dirname "$0")/.."
limit_s=${UP_TIMEOUT_S:-300}

docker info >/dev/null 2>&1 || { echo 'No Docker engine answers. Start it (or install docker.io and docker-compose), then try again.' >&2; exit 1; }
docker compose version >/dev/null 2>&1 || { echo 'docker compose is missing: install its plugin, then try again.' >&2; exit 1; }

began=$(date +%s)
# Built before anything is started: `up --build` looks for each service's image in turn, and compose
# 1.29, whose turns are by chance, went to a registry for the image of a service that came before
# the one that builds it.
{ docker compose build migrate && docker compose up -d --remove-orphans; } &
up=$!
ticks=0
# A service that waits for others keeps compose waiting without a word.
while kill -0 "$up" 2>/dev/null; do
  sleep 1
  ticks=$((ticks + 1))
  [ $((ticks % 10)) -ne 0 ] || printf '%4d s  compose is building the image and starting the containers\n' "$ticks"
done
wait "$up"

services=$(docker compose config --services | grep -vxE 'roles|broker-rights|migrate|rabbitmq-members|dead-letters')
while :; do
  waiting=''
  for service in $services; do
    container=$(docker compose ps -q "$service")
    health=$(docker inspect -f '{{.State.Status}}/{{if .State.Health}}{{.State.Health.Status}}{{end}}' $container 2>/dev/null || echo missing)
    [ "$health" = running/healthy ] || waiting="$waiting $service"
  done
  passed_s=$(($(date +%s) - began))
  [ -n "$waiting" ] || break
  printf '%4d s  waiting for%s\n' "$passed_s" "$waiting"
  if [ "$passed_s" -gt "$limit_s" ]; then
    docker compose logs --tail=30 $waiting
    echo "Not healthy after $limit_s s:$waiting. Their last lines are above; 'make logs s=NAME' shows more." >&2
    exit 1
  fi
  sleep 2
done

cat <<EOF

All healthy after $passed_s s.

  http://127.0.0.1:${LINE_PROVIDER_PORT:-8100}/docs   LineProviderApi
  http://127.0.0.1:${BET_MAKER_PORT:-8080}/docs   BetMakerApi
  http://127.0.0.1:${RABBITMQ_UI_PORT:-15672}       RabbitMQ (admin / admin)
  http://127.0.0.1:${PGADMIN_PORT:-8000}        pgAdmin (user@domain.com / SuperSecret)

EOF
