#!/bin/sh
# Builds and starts everything, then waits until all containers are healthy, showing the progress.
# pgAdmin takes longest and nothing needs it, so it is not waited for. Its port must be free.
set -eu
cd "$(dirname "$0")/.."
limit_s=${UP_TIMEOUT_S:-300}

fail() {
  echo "$1" >&2
  exit 1
}
install='https://docs.docker.com/engine/install'
command -v docker >/dev/null || fail "Docker is missing. Install it ($install), then try again."
refusal=$(docker version 2>&1 >/dev/null) || case $refusal in
  *'permission denied'*) fail 'You may not use Docker. Join the group "docker", or be root.' ;;
  *) fail 'Docker is not running. Start it, then try again.' ;;
esac
docker compose version >/dev/null 2>&1 ||
  fail "docker compose (version 2) is missing. Install this plugin ($install), then try again."

began=$(date +%s)
passed_s() { echo $(($(date +%s) - began)); }

# In a terminal, compose shows its progress. Elsewhere it prints nothing while a service waits for
# others.
ticker=''
if [ ! -t 1 ]; then
  while sleep 10 >/dev/null 2>&1; do
    printf '%4d s  compose is building the image and starting the containers\n' "$(passed_s)"
  done &
  ticker=$!
  # A shell that is ended by a signal runs no EXIT trap.
  trap 'kill $ticker' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
fi
# Build first. `up --build` looks for each service's image in random order (compose 1.29), and asked
# a registry for our image when a service came up before the one that builds it.
docker compose build migrate
if ! docker compose up -d --remove-orphans; then
  port=$(docker compose ps -aq | xargs -r docker inspect -f '{{.State.Error}}' |
    grep -E 'already (in use|allocated)' | grep -oE '([0-9]+\.){3}[0-9]+:[0-9]+' |
    sed -n '1s/.*://p')
  [ -z "$port" ] || fail "
Port $port is taken. Stop what listens on it, or choose another one with LINE_PROVIDER_PORT,
BET_MAKER_PORT, POSTGRES_PORT, RABBITMQ_PORT, RABBITMQ_UI_PORT or PGADMIN_PORT, such as
BET_MAKER_PORT=9080 make up."
  exit 1
fi
[ -z "$ticker" ] || { kill "$ticker"; trap - EXIT; }

format='{{.State.Status}}/{{if .State.Health}}{{.State.Health.Status}}{{end}}'
state_of() {
  docker inspect -f "$format" $(docker compose ps -q "$1") 2>/dev/null || echo missing
}
not_waited_for='roles|broker-rights|migrate|rabbitmq-members|dead-letters|pgadmin'
services=$(docker compose config --services | grep -vxE "$not_waited_for")
while :; do
  waiting=''
  for service in $services; do
    [ "$(state_of "$service")" = running/healthy ] || waiting="$waiting $service"
  done
  [ -n "$waiting" ] || break
  printf '%4d s  waiting for%s\n' "$(passed_s)" "$waiting"
  if [ "$(passed_s)" -gt "$limit_s" ]; then
    docker compose logs --tail=30 $waiting
    fail "Not healthy after $limit_s s:$waiting. See the last log lines above, or make logs s=NAME."
  fi
  sleep 2
done

case $(state_of pgadmin) in
  running/healthy) pgadmin='' ;;
  running/starting) pgadmin=' is still starting: docker ps shows when it is healthy' ;;
  *) pgadmin=' is not running: see make logs s=pgadmin' ;;
esac
# Ports may be set in .env. In the cluster, nginx publishes those of the services.
show() {
  at=$(docker compose port "$1" "$2" 2>/dev/null || docker compose port nginx "$2" 2>/dev/null) ||
    at='?'
  printf '  http://%-22s %s\n' "$at$3" "$4"
}
printf '\nEverything is up after %s s. Tokens and passwords are in .env.\n\n' "$(passed_s)"
show line-provider 8100 /docs LineProviderApi
show bet-maker 8080 /docs BetMakerApi
show rabbitmq 15672 '' RabbitMQ
show pgadmin 80 '' "pgAdmin$pgadmin"
echo
