# Everything a newcomer needs, by one word each. Bun of the version that package.json pins is
# fetched through npm into .bun/ where the PATH has none or another; the dependencies are installed
# when they changed.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BUN_VERSION := $(shell sed -n 's/.*"packageManager": *"bun@\([^"]*\)".*/\1/p' package.json)
BUN_ON_PATH := $(shell command -v bun 2>/dev/null)
ifeq ($(if $(BUN_ON_PATH),$(shell bun --version 2>/dev/null)),$(BUN_VERSION))
BUN := $(BUN_ON_PATH)
BUN_READY :=
else
# First on the PATH, for the scripts in package.json that call `bun`.
export PATH := $(CURDIR)/.bun/node_modules/.bin:$(PATH)
BUN := $(CURDIR)/.bun/node_modules/.bin/bun
BUN_READY := .bun/node_modules/.ready-$(BUN_VERSION)
endif
DEPENDENCIES_READY := node_modules/.ready

.PHONY: help
help: ## Shows this list
	@echo 'make …'
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

# `dev` and `test` don't go through `bun run`, which passes Ctrl-C on to a process that already got
# it from the terminal.
.PHONY: dev
dev: $(DEPENDENCIES_READY) ## Runs both services with nothing else needed, and says where to click
	@exec $(BUN) --watch --no-clear-screen dev/main.ts

.PHONY: test
test: $(DEPENDENCIES_READY) ## Runs every test, on a PostgreSQL and a RabbitMQ of its own
	@exec $(BUN) dev/test.ts

.PHONY: test-containers
test-containers: $(DEPENDENCIES_READY) ## Tests the containers: the whole story, restarts, a new start
	@exec $(BUN) dev/test.ts --no-services ./dev/containers/containers.check.ts

.PHONY: test-cluster
test-cluster: $(DEPENDENCIES_READY) ## Tests the cluster: kills and restarts each container in turn under load; one of each kind: short=1
	@CLUSTER_SHORT='$(short)' exec $(BUN) dev/test.ts --no-services ./dev/containers/cluster.check.ts

.PHONY: bench
bench: $(DEPENDENCIES_READY) ## Measures against limits of the same run, all or some: make bench only=place,settle
	@exec $(BUN) dev/bench/main.ts $(if $(only),only=$(only))

.PHONY: mutants
mutants: $(DEPENDENCIES_READY) ## Puts faults into copies of the code and fails when the tests miss one: make mutants only=placing
	@exec $(BUN) dev/mutants/run.ts $(only)

# For how long, in minutes: a third of it for plans, two thirds for the load.
minutes ?= 10
.PHONY: soak
soak: $(DEPENDENCIES_READY) ## Plans by chance, then a steady load that nothing may grow under: make soak minutes=60
	@SOAK_MINUTES='$(minutes)' exec $(BUN) dev/test.ts ./dev/soak/plans.check.ts ./dev/soak/load.check.ts

.PHONY: check
check: $(DEPENDENCIES_READY) ## Checks types, lint, format, the import rules, and that nothing stands unused
	@exec $(BUN) run --silent check

.PHONY: install
install: $(DEPENDENCIES_READY) ## Gets Bun and the dependencies
	@:

# The cluster is a project of its own, so that its data is never taken for that of the one machine.
ifdef cluster
export COMPOSE_FILE := docker-compose.yml:docker-compose.cluster.yml
export COMPOSE_PROJECT_NAME ?= bets-cluster
endif

.PHONY: up
up: ## Builds and starts everything in containers, and waits until all is healthy; as a cluster: make up cluster=1
	@deploy/up.sh

.PHONY: migrate
migrate: ## Brings the databases of the containers to the newest form
	@docker compose run --rm migrate

.PHONY: backup
backup: ## Writes both databases into a new folder of backups/, while everything runs
	@deploy/backup.sh

# With PGHOST this works on another server than that of the containers: see deploy/databases.sh.
.PHONY: restore
restore: $(if $(PGHOST),$(DEPENDENCIES_READY)) ## Puts a backup in the place of the databases: make restore from=backups/TIME only=line
	@yes='$(yes)' BUN='$(if $(PGHOST),$(BUN),bun)' deploy/restore.sh '$(from)' '$(only)'

.PHONY: logs
logs: ## Follows the logs of the containers, all or one: make logs s=worker
	@docker compose logs --tail=100 --follow $(s)

.PHONY: down
down: ## Stops the containers and keeps their data
	@docker compose down --remove-orphans

.PHONY: clean
clean: ## Stops the containers and deletes their data
	@docker compose down --remove-orphans --volumes

$(DEPENDENCIES_READY): package.json bun.lock bunfig.toml $(wildcard */package.json shared/*/package.json shared/platform/patches/*) $(BUN_READY)
	@echo 'Installing the dependencies …'
	@output=$$($(BUN) install --frozen-lockfile 2>&1) || { echo "$$output" >&2; exit 1; }
	@touch $@

# Where npm's policy skips Bun's install script, that script is run here; it only puts the
# downloaded program in place.
.bun/node_modules/.ready-$(BUN_VERSION):
	@command -v npm >/dev/null || { echo 'This needs Bun $(BUN_VERSION): see https://bun.com/docs/installation, or install npm (Debian: apt-get install npm) and try again.' >&2; exit 1; }
	@echo 'Getting Bun $(BUN_VERSION) through npm …'
	@npm install --prefix .bun --no-save --no-audit --no-fund --no-update-notifier --loglevel=error bun@$(BUN_VERSION) >/dev/null
	@test "$$($(BUN) --version 2>/dev/null)" = $(BUN_VERSION) || node .bun/node_modules/bun/install.js
	@test "$$($(BUN) --version)" = $(BUN_VERSION)
	@touch $@
