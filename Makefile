# One command for everything a newcomer needs. If the PATH has no Bun of the version pinned in
# package.json, it is installed through npm into .bun/. Dependencies are installed when they
# changed.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BUN_VERSION := $(shell sed -n 's/.*"packageManager": *"bun@\([^"]*\)".*/\1/p' package.json)
BUN_ON_PATH := $(shell command -v bun 2>/dev/null)
# For the shell, whatever the path has in it.
quoted = '$(subst ','\'',$(1))'
ifeq ($(if $(BUN_ON_PATH),$(shell bun --version 2>/dev/null)),$(BUN_VERSION))
BUN := $(call quoted,$(BUN_ON_PATH))
BUN_READY :=
else
# First on the PATH, because scripts in package.json call `bun`.
export PATH := $(CURDIR)/.bun/node_modules/.bin:$(PATH)
BUN := $(call quoted,$(CURDIR)/.bun/node_modules/.bin/bun)
BUN_READY := .bun/node_modules/.ready-$(BUN_VERSION)
endif
READY := node_modules/.ready

.PHONY: help
help: ## Show this list
	@echo 'make …'
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

# `dev` and `test` bypass `bun run`, which forwards Ctrl-C to a process that already got it from the
# terminal.
.PHONY: dev
dev: $(READY) ## Run both services with an embedded database and broker, and print their URLs
	@exec $(BUN) --watch --no-clear-screen dev/main.ts

.PHONY: test
test: $(READY) ## Run all tests, or some: make test servers=containers only='.int.test .e2e.test'
	@TEST_SERVERS='$(or $(servers),$(TEST_SERVERS))' exec $(BUN) dev/test.ts $(only)

.PHONY: test-containers
test-containers: $(READY) ## Test the containers: bets end to end, restarts, a fresh start
	@exec $(BUN) dev/test.ts --no-services ./dev/containers/containers.check.ts

.PHONY: test-cluster
test-cluster: $(READY) ## Kill each container of the cluster in turn under load (short=1: a few)
	@CLUSTER_SHORT='$(short)' exec $(BUN) dev/test.ts --no-services ./dev/containers/cluster.check.ts

.PHONY: bench
bench: $(READY) ## Run benchmarks against limits, all or some: make bench only=place,settle
	@exec $(BUN) dev/bench/main.ts $(if $(only),only=$(only))

.PHONY: mutants
mutants: $(READY) ## Check that the tests notice deliberate faults: make mutants only=placing
	@exec $(BUN) dev/mutants/run.ts $(only)

# The duration: one third for random plans, two thirds for the steady load.
minutes ?= 10
.PHONY: soak
soak: $(READY) ## Run random plans, then a steady load to find leaks: make soak minutes=60
	@SOAK_MINUTES='$(minutes)' exec $(BUN) dev/test.ts \
	  ./dev/soak/plans.check.ts ./dev/soak/load.check.ts

.PHONY: check
check: $(READY) ## Check types, lint, format, import rules and unused code
	@exec $(BUN) run --silent check

.PHONY: install
install: $(READY) ## Install Bun and the dependencies
	@:

# The cluster is a separate compose project, so its data never mixes with that of a single machine.
ifdef cluster
export COMPOSE_FILE := docker-compose.yml:docker-compose.cluster.yml
export COMPOSE_PROJECT_NAME ?= bets-cluster
endif

.PHONY: up
up: ## Build and start the containers, wait until healthy; cluster: make up cluster=1
	@deploy/up.sh

.PHONY: migrate
migrate: ## Migrate the databases of the containers
	@docker compose run --rm migrate

.PHONY: backup
backup: ## Back up both databases into a new folder of backups/, without downtime
	@deploy/backup.sh

# With PGHOST, backup and restore use that server instead of the container: see deploy/databases.sh.
.PHONY: restore
restore: $(if $(PGHOST),$(READY)) ## Restore a backup: make restore from=backups/TIME only=line
	@yes='$(yes)' BUN=$(if $(PGHOST),$(BUN),bun) deploy/restore.sh '$(from)' '$(only)'

.PHONY: logs
logs: ## Follow the containers' logs, all or one: make logs s=worker
	@trap 'exit 0' INT; docker compose logs --tail=100 --follow $(s)

.PHONY: down
down: ## Stop the containers and keep their data
	@docker compose down --remove-orphans

.PHONY: clean
clean: ## Stop the containers and delete their data
	@docker compose down --remove-orphans --volumes

$(READY): package.json bun.lock bunfig.toml $(BUN_READY) \
  $(wildcard */package.json shared/*/package.json shared/platform/patches/*)
	@echo 'Installing dependencies …'
	@output=$$($(BUN) install --frozen-lockfile 2>&1) || { echo "$$output" >&2; exit 1; }
	@touch $@

# If npm's policy skips Bun's install script, run it here. It only puts the downloaded binary in
# place.
.bun/node_modules/.ready-$(BUN_VERSION):
	@command -v npm >/dev/null || { echo 'Bun $(BUN_VERSION) is missing. Install it' \
	  '(https://bun.com/docs/installation), or install npm (Debian: apt-get install npm)' \
	  'and try again.' >&2; exit 1; }
	@echo 'Installing Bun $(BUN_VERSION) through npm …'
	@npm install --prefix .bun --no-save --no-audit --no-fund --no-update-notifier --loglevel=error \
	  bun@$(BUN_VERSION) >/dev/null
	@test "$$($(BUN) --version 2>/dev/null)" = $(BUN_VERSION) || node .bun/node_modules/bun/install.js
	@test "$$($(BUN) --version)" = $(BUN_VERSION)
	@touch $@
