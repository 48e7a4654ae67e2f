# `make` alone prints this menu. Each target sets up what it needs, in folders of the project.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help start azurite events import test quick check test-py312 format openapi token smoke infra package lock bench clean

PORT ?= 7071
USER ?= ada
ARGS ?=
# The classic plan runs the app on Python 3.12; dev host, importer and templates never meet it.
APP_TESTS := tests/api tests/architecture tests/contract tests/unit
# A file's tests share a worker. More workers than cores, since many tests wait; WORKERS=0 uses none.
WORKERS ?= 4
PYTEST := -m pytest -n $(WORKERS) --dist loadfile
AZURITE_DATA ?= .data/azurite
PYTHON := .venv/bin/python
DEV := .venv-dev/bin

help: ## print this menu
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The server takes the place of the shell, so that Ctrl-C and SIGTERM reach it alone, once.
start: ## run the API on http://127.0.0.1:7071/api (PORT=7090 another port, AZURITE=1 lasting queues)
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/swagger-ui
	@exec $(PYTHON) -m devhost --port $(PORT) $(if $(AZURITE),--azurite $(AZURITE_DATA))

azurite: ## run the storage emulator for `func start`, until Ctrl-C
	@scripts/setup .venv 3.13 requirements.txt
	@exec $(PYTHON) -m devhost.azurite $(AZURITE_DATA)

events: ## list events that are pending or failed (RETRY=id makes one due again)
	@scripts/setup .venv 3.13 requirements.txt
	@PYTHONPATH=. $(PYTHON) scripts/events.py $(if $(RETRY),"$(RETRY)")

# The token goes through the environment: a command line is there for everybody to see.
import: export PETSTORE_TOKEN := $(or $(TOKEN),$(PETSTORE_TOKEN))
import: ## import pets from a file (FILE=pets.csv or .jsonl, URL=http://127.0.0.1:7071/api, TOKEN=...)
	@scripts/setup .venv 3.13 requirements.txt
	@test -n "$(FILE)" || { echo "Say which file: make import FILE=pets.csv" >&2; exit 2; }
	@exec $(PYTHON) -m importer "$(FILE)" --url "$(or $(URL),http://127.0.0.1:$(PORT)/api)" $(ARGS)

test: test-py312 ## run every test; on Python 3.12, where it is found, those of the app itself
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	@scripts/swagger-ui
	$(DEV)/python $(PYTEST) $(ARGS)

# Names and marks with these words are of tests that start or play Cosmos DB, or wait for it.
quick: ## run what answers in half a minute: rules, answers, the promises on SQLite
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python $(PYTEST) -q $(APP_TESTS) \
		-k "not cosmos and not two_partitions and not emulator and not azurite and not managed_identity" $(ARGS)

test-py312:
	@scripts/setup .venv-py312 3.12 requirements-dev.txt; code=$$?; \
	if [ $$code -eq 3 ]; then echo "SKIPPED: no Python 3.12 here, the suite runs on 3.13 only."; \
	elif [ $$code -ne 0 ]; then exit $$code; \
	else echo "On Python 3.12:" && .venv-py312/bin/python $(PYTEST) -q $(or $(ARGS),$(APP_TESTS)); fi

check: ## lint, types, import contracts, and whether the worker can load the app
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/ruff check
	$(DEV)/ruff format --check
	$(DEV)/mypy
	$(DEV)/lint-imports
	$(PYTHON) -m devhost --check

format: ## put the code into its form
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/ruff check --fix
	$(DEV)/ruff format

bench: ## measure start-up, calls and memory beside a bare function, and an import of 10,000 rows
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python -m benchmarks
	$(DEV)/python -m benchmarks.importing

openapi: ## write petstore/http/openapi.json from routes and models
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python -m openapi

token: ## print a token for the local JWT_SECRET (USER=ada SCOPE=pets.admin)
	@scripts/setup .venv 3.13 requirements.txt
	@PYTHONPATH=. $(PYTHON) scripts/make_token.py "$(USER)" "$(SCOPE)"

smoke: ## check a live base URL from outside (URL=https://NAME.azurewebsites.net/api TOKEN=...)
	@PETSTORE_TOKEN="$(TOKEN)" python3 scripts/smoke "$(URL)"

infra: ## compile, lint and judge the Bicep templates
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python $(PYTEST) tests/infra $(ARGS)

package: export PLAN := $(PLAN)
package: ## build the folder and zip to deploy, bytecode included (PLAN=flex or PLAN=consumption)
	@case "$$PLAN" in \
	flex) scripts/setup .venv 3.13 requirements.txt && exec .venv/bin/python scripts/package.py flex;; \
	consumption) scripts/setup .venv-py312 3.12 requirements-dev.txt && \
		exec .venv-py312/bin/python scripts/package.py consumption;; \
	*) echo "Say which plan: make package PLAN=consumption or flex" >&2; exit 2;; esac

lock: ## write requirements*.txt anew from requirements*.in
	@scripts/lock

clean: ## remove what the other targets made; the pets in .data/ stay
	rm -rf .package .venv .venv-dev .venv-py312 .tools .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
