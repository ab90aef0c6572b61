#!/bin/sh
# Builds and starts everything, then waits until all containers are healthy, showing the progress.
set -eu
cd "$(dirname "$0")/.."
limit_s=${UP_TIMEOUT_S:-300}

fail() {
  echo "$1" >&2
  exit 1
}
docker info >/dev/null 2>&1 ||
  fail 'Docker is not running. Start it (or install docker.io and docker-compose), then try again.'
docker compose version >/dev/null 2>&1 ||
  fail 'docker compose is missing. Install the plugin, then try again.'

began=$(date +%s)
# Build first. `up --build` looks for each service's image in random order (compose 1.29), and asked
# a registry for our image when a service came up before the one that builds it.
{ docker compose build migrate && docker compose up -d --remove-orphans; } &
up=$!
ticks=0
# Compose prints nothing while a service waits for others.
while kill -0 "$up" 2>/dev/null; do
  sleep 1
  ticks=$((ticks + 1))
  [ $((ticks % 10)) -ne 0 ] ||
    printf '%4d s  compose is building the image and starting the containers\n' "$ticks"
done
wait "$up"

one_offs='roles|broker-rights|migrate|rabbitmq-members|dead-letters'
services=$(docker compose config --services | grep -vxE "$one_offs")
format='{{.State.Status}}/{{if .State.Health}}{{.State.Health.Status}}{{end}}'
while :; do
  waiting=''
  for service in $services; do
    container=$(docker compose ps -q "$service")
    health=$(docker inspect -f "$format" $container 2>/dev/null || echo missing)
    [ "$health" = running/healthy ] || waiting="$waiting $service"
  done
  passed_s=$(($(date +%s) - began))
  [ -n "$waiting" ] || break
  printf '%4d s  waiting for%s\n' "$passed_s" "$waiting"
  if [ "$passed_s" -gt "$limit_s" ]; then
    docker compose logs --tail=30 $waiting
    fail "Not healthy after $limit_s s:$waiting. See the last log lines above, or make logs s=NAME."
  fi
  sleep 2
done

cat <<EOF

All containers are healthy after $passed_s s.

  http://127.0.0.1:${LINE_PROVIDER_PORT:-8100}/docs   LineProviderApi
  http://127.0.0.1:${BET_MAKER_PORT:-8080}/docs   BetMakerApi
  http://127.0.0.1:${RABBITMQ_UI_PORT:-15672}       RabbitMQ (admin / admin)
  http://127.0.0.1:${PGADMIN_PORT:-8000}        pgAdmin (user@domain.com / SuperSecret)

EOF
