# `make` alone prints this menu. Each target sets up what it needs, in folders of the project.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help start debug azurite mail events import test quick check test-py312 token-is-hidden format openapi token \
	smoke infra package publish lock bench cost figures clean screenshot swagger-ui

# Without it local.settings.json may choose the port.
PORT_IS_GIVEN := $(filter command environment,$(firstword $(origin PORT)))
PORT ?= 7071
MAIL_PORT ?= 1025
# The classic plan runs the app on Python 3.12; dev host, importer and templates do not run there,
# and what holds for texts holds on any Python.
APP_TESTS := tests/api tests/contract tests/unit
STARTS := tests/architecture/test_cold_start.py tests/architecture/test_inventory.py
# A file's tests share a worker. More workers than cores, since many tests wait; WORKERS=0 uses none.
WORKERS ?= 4
PYTEST := -m pytest -n "$$WORKERS" --dist loadfile --no-loadscope-reorder
AZURITE_DATA ?= .data/azurite
PYTHON := .venv/bin/python
DEV := .venv-dev/bin
# `python -m devhost` finds it in this folder, which this setting takes off the path.
unexport PYTHONSAFEPATH
# With it each start of Python compiles every module again, and tests start it a thousand times.
unexport PYTHONDONTWRITEBYTECODE

# What a caller gives is text: make does not expand it, and recipes read it from the environment,
# where no shell takes it for a command.
TOKEN_IS_SEEN := $(filter command,$(firstword $(origin TOKEN)))
# Login shells set USER too: only the command line's counts.
ifeq ($(origin USER),command line)
override USER := $(value USER)
TOKEN_USER := $(USER)
else
TOKEN_USER := ada
endif
$(foreach name,ARGS AZURITE AZURITE_DATA FILE MAIL_PORT NAME PLAN PORT REDIS RETRY SCOPE TOKEN URL WORKERS,\
	$(eval override $(name) := $$(value $(name))))
# Runs a program with the words of ARGS added; quotes hold words together as in a shell.
WITH_ARGS := scripts/with-args

help: ## print this menu
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The server replaces the shell, so that Ctrl-C and SIGTERM reach it alone, once.
start: export PORT := $(PORT)
start: export AZURITE_DATA := $(AZURITE_DATA)
start: export ARGS := $(ARGS)
start: ## run the API on http://127.0.0.1:7071/api (PORT=7090 another port, AZURITE=1 lasting queues, REDIS=1 a cache)
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/swagger-ui
	@exec $(if $(ARGS),$(PYTHON) $(WITH_ARGS)) $(PYTHON) -m devhost \
		--page api/docs --ready api/health/ready --mute petstore.requests \
		$(if $(PORT_IS_GIVEN),--port "$$PORT") $(if $(AZURITE),--azurite "$$AZURITE_DATA") \
		$(if $(REDIS),--redis)

debug: export PORT := $(PORT)
debug: ## run the API when a debugger is attached to port 5678 (VS Code: F5)
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	@scripts/swagger-ui
	@exec $(DEV)/python -m devhost --page api/docs --mute petstore.requests --port "$$PORT" --debug

azurite: export AZURITE_DATA := $(AZURITE_DATA)
azurite: ## run the storage emulator for `func start`, until Ctrl-C
	@scripts/setup .venv 3.13 requirements.txt
	@exec $(PYTHON) -m devhost.azurite "$$AZURITE_DATA"

mail: export MAIL_PORT := $(MAIL_PORT)
mail: ## run a mail server on 127.0.0.1:1025 that prints every mail, until Ctrl-C (MAIL_PORT=...)
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	@exec $(DEV)/python -u -m aiosmtpd -n -l "127.0.0.1:$$MAIL_PORT"

events: export RETRY := $(RETRY)
events: ## list events that are pending or failed (RETRY=id makes one due again)
	@scripts/setup .venv 3.13 requirements.txt
	@PYTHONPATH=. $(PYTHON) scripts/events.py $(if $(RETRY),"$$RETRY")

# A token goes through the environment: command lines are there for every user to see.
import smoke: export PETSTORE_TOKEN := $(or $(TOKEN),$(value PETSTORE_TOKEN))
import: export FILE := $(FILE)
import: export URL := $(or $(URL),http://127.0.0.1:$(PORT)/api)
import: token-is-hidden ## import pets from a file (FILE=pets.csv or .jsonl, URL=..., a token in PETSTORE_TOKEN)
	@test -n "$$FILE" || { echo "Say which file: make import FILE=pets.csv" >&2; exit 2; }
	@scripts/setup .venv 3.13 requirements.txt
	@exec $(PYTHON) $(WITH_ARGS) $(PYTHON) -m importer --url "$$URL" -- "$$FILE"

token-is-hidden:
	@test -z "$(TOKEN_IS_SEEN)" || echo "Other users of this machine can see TOKEN=... in make's command" \
	"line: put it into the environment, PETSTORE_TOKEN=... make ..." >&2

import test quick test-py312 infra: export ARGS := $(ARGS)
test quick test-py312 infra: export WORKERS := $(WORKERS)

test: test-py312 ## run every test; on Python 3.12, if it is installed, those of the app itself
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	@scripts/swagger-ui
	$(DEV)/python $(WITH_ARGS) $(DEV)/python $(PYTEST)

quick: ## run the tests that take half a minute: rules, answers, the promises on SQLite
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python $(WITH_ARGS) $(DEV)/python $(PYTEST) -q $(APP_TESTS) tests/architecture -m "not servers"

test-py312:
	@scripts/setup .venv-py312 3.12 requirements-dev.txt; code=$$?; \
	if [ $$code -eq 3 ]; then echo "SKIPPED: no Python 3.12 here, the suite runs on 3.13 only."; \
	elif [ $$code -ne 0 ]; then exit $$code; \
	else echo "On Python 3.12:" && .venv-py312/bin/python $(WITH_ARGS) \
		.venv-py312/bin/python $(PYTEST) -q $(if $(ARGS),,$(APP_TESTS) $(STARTS)); fi

check: ## lint, types, import contracts, and whether the worker can load the app
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/ruff check
	$(DEV)/ruff format --check
	$(DEV)/mypy
	$(DEV)/lint-imports
	$(PYTHON) -m devhost --check

format: ## format the code and fix what ruff can fix
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/ruff check --fix
	$(DEV)/ruff format

bench: ## measure starts, calls, memory and load next to peers, and an import of 10,000 rows
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python -m benchmarks
	$(DEV)/python -m benchmarks.importing
	$(DEV)/python -m benchmarks.caching

figures: ## draw docs/plots from the last `make bench`, and renew the numbers that pages quote
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python -m benchmarks.quoted
	$(DEV)/python -m benchmarks.plots

cost: export ARGS := $(ARGS)
cost: ## print what a month costs on each plan (ARGS="--requests 5000000 --json"; --help for more)
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	@exec $(DEV)/python $(WITH_ARGS) $(DEV)/python -m costs

swagger-ui: ## build Swagger UI into the app, for publishing; `make start` does it too
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/swagger-ui

screenshot: ## take docs/api-docs.png again, with the test that proves the page (needs Chromium)
	@scripts/setup .venv 3.13 requirements.txt
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	@scripts/swagger-ui
	SCREENSHOT=1 $(DEV)/python -m pytest tests/proof/test_browser.py

openapi: ## write petstore/http/openapi.json from routes and models
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python -m openapi

token: export TOKEN_USER := $(TOKEN_USER)
token: export SCOPE := $(SCOPE)
token: ## print a token for the local JWT_SECRET (USER=ada SCOPE=pets.admin)
	@scripts/setup .venv 3.13 requirements.txt
	@PYTHONPATH=. $(PYTHON) scripts/make_token.py "$$TOKEN_USER" "$$SCOPE"

smoke: export URL := $(URL)
smoke: token-is-hidden ## check a live API from outside (URL=https://HOST/api, a token in PETSTORE_TOKEN)
	@exec python3 scripts/smoke -- "$$URL"

infra: ## compile, lint and test the Bicep templates
	@scripts/setup .venv-dev 3.13 requirements-dev.txt
	$(DEV)/python $(WITH_ARGS) $(DEV)/python $(PYTEST) tests/infra

package: export PLAN := $(PLAN)
package: ## build the folder and zip to deploy, bytecode included (PLAN=flex or PLAN=consumption)
	@case "$$PLAN" in \
	flex) scripts/setup .venv 3.13 requirements.txt && scripts/swagger-ui && \
		exec .venv/bin/python scripts/package.py flex;; \
	consumption) scripts/setup .venv-py312 3.12 requirements-dev.txt && \
		scripts/swagger-ui .venv-py312/bin/python && exec .venv-py312/bin/python scripts/package.py consumption;; \
	*) echo "Say which plan: make package PLAN=consumption or flex" >&2; exit 2;; esac

publish: export NAME := $(NAME)
publish: export PLAN := $(PLAN)
publish: $(if $(PLAN),package) ## check what would be sent to Azure, then publish (NAME=the app; PLAN=... its package)
	@$(if $(PLAN),,scripts/swagger-ui)
	@exec python3 -m scripts.publish "$$NAME" $(if $(PLAN),"$$PLAN")

lock: ## write requirements*.txt from requirements*.in, with today's versions
	@scripts/lock

clean: ## remove what the other targets made; the pets in .data/ stay
	rm -rf .package .tools .venv .venv-* .*_cache .hypothesis .schemathesis .coverage htmlcov
	rm -rf petstore/http/swagger-ui
	find . \( -name node_modules -o -name __pycache__ \) -prune -exec rm -rf {} +
