# Everything a person does with a checkout. `make` alone lists it.
#
# The virtual environment in .venv is made on first use and again only when a lock file changes: the small files
# .venv/.stamp-* remember what was installed. `make serve` needs requirements/runtime.lock and `make test` needs
# dev.lock, which holds every pin of the first (a test checks that), so whoever has run `make test` has both.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# ARGS goes to the command that a target runs.
ARGS ?=
# HOST is taken from the command line alone: some shells and tools export a HOST of their own.
HOST = 127.0.0.1
PORT ?= 8000
# How many test processes; 0 for one without helpers.
WORKERS ?= auto
# PYTHON=/path/to/python to choose one yourself.
PYTHON ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest
LOCK_TOOL := .cache/lock-tool

.PHONY: help
help: ## List what can be done
	@echo "Usage: make TARGET [ARGS='...']"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------------------------------------------------- running

.PHONY: serve
serve: $(VENV)/.stamp-runtime ## Serve on the embedded database (HOST=127.0.0.1 PORT=8000 ARGS=)
	@exec $(BIN)/incidents serve --host $(HOST) --port $(PORT) $(ARGS)

.PHONY: migrate
migrate: $(VENV)/.stamp-runtime ## Bring the database of INCIDENTS_DATABASE_URL up to date
	@exec $(BIN)/incidents migrate $(ARGS)

.PHONY: sample
sample: $(VENV)/.stamp-runtime ## Load the example of record
	@exec $(BIN)/incidents sample $(ARGS)

# --------------------------------------------------------------------------------------------------------- checking

.PHONY: test
test: $(VENV)/.stamp-dev ## Run the tests on both databases (ARGS='tests/http -k tiles' WORKERS=auto)
	@$(PYTEST) -n $(WORKERS) $(ARGS)

.PHONY: test-fast
test-fast: $(VENV)/.stamp-dev ## Run the tests that need no database
	@$(PYTEST) --postgresql=off tests/unit $(ARGS)

.PHONY: lint
lint: $(VENV)/.stamp-dev ## Check style, layout and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: format
format: $(VENV)/.stamp-dev ## Put style and layout right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.stamp-dev ## Measure (ARGS=--help lists what)
	@$(BIN)/python -m tests.bench $(ARGS)

# ------------------------------------------------------------------------------------------------------- housekeeping

# One set of pins for every Python and system; --no-emit-index-url and its like keep the maker's machine out of it.
COMPILE = $(LOCK_TOOL)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.PHONY: lock
lock: $(LOCK_TOOL)/bin/uv ## Write requirements/*.lock anew from pyproject.toml (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) pyproject.toml --extra dev --extra build --extra bench -o requirements/dev.lock
	$(COMPILE) pyproject.toml -c requirements/dev.lock -o requirements/runtime.lock
	echo setuptools | $(COMPILE) - -c requirements/dev.lock -o requirements/build.lock

$(LOCK_TOOL)/bin/uv: | $(VENV)/.stamp-python
	@$(BIN)/python -m venv $(LOCK_TOOL)
	@$(LOCK_TOOL)/bin/python -m pip --disable-pip-version-check --quiet install uv

.PHONY: clean
clean: ## Remove the environment and all caches; databases stay
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find app migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------------------------ environment

# The first Python that really runs and is new enough. Each is tried by running it: PATH may hold a shim that does not.
FIND_PYTHON = for python in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3); do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			found=$$python; break; \
		fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Python 3.11 or newer is needed. Tried: $(or $(PYTHON),python3.13 python3.12 python3.11 python3)." >&2; \
		echo "Install it (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2; \
		echo "or name yours: make PYTHON=/path/to/python ..." >&2; \
		exit 1; \
	fi

.PHONY: which-python
which-python:
	@found=; $(FIND_PYTHON); echo "$$found"

# An environment that is there and still works is kept.
$(VENV)/.stamp-python:
	@if ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		found=; $(FIND_PYTHON); \
		if ! "$$found" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
			version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
			echo "$$found cannot make virtual environments: its venv part is missing." >&2; \
			echo "Debian and Ubuntu: apt install python$$version-venv" >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$found"; \
		rm -rf $(VENV) && "$$found" -m venv $(VENV) || exit 1; \
	fi
	@touch $@

# What both installs end with: the project itself, from this folder, and the `incidents` command.
INSTALL_PROJECT = $(PIP) install --no-deps --no-build-isolation --editable .

# dev.lock holds all of runtime.lock: when it is installed and newer, there is nothing to do but to say so.
$(VENV)/.stamp-runtime: requirements/runtime.lock requirements/build.lock pyproject.toml | $(VENV)/.stamp-python
	@echo "Installing what the service needs"
	@$(PIP) install --require-hashes -r requirements/runtime.lock -r requirements/build.lock
	@$(INSTALL_PROJECT)
	@touch $@

$(VENV)/.stamp-dev: requirements/dev.lock pyproject.toml | $(VENV)/.stamp-python
	@echo "Installing what the service and its tests need"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@$(INSTALL_PROJECT)
	@touch $@ $(VENV)/.stamp-runtime
