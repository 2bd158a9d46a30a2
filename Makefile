# One entry point. `make` alone lists the targets; each sets up what it needs first.
# Paths are relative throughout, so that a clone may lie anywhere, in a folder with spaces too.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up

SEEDS ?= 2000
N ?= 20
WORKERS ?= auto
ARGS ?=

# The newest interpreter that is new enough and able to make a virtual environment.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$name && break; done)

# What the caller's shell happens to hold must not change what runs here.
unexport PYTHONPATH PYTHONHOME PYTHONWARNINGS VIRTUAL_ENV
export PYTHONNOUSERSITE := 1
export PYTHONHASHSEED := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: alerts bench-linkage conformance plants help setup tryton demo test check soak kills bench lock
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## install everything into .venv (again only when pyproject.toml or requirements/ changed)

# All talk goes to stderr: `make soak` and `make kills` promise one line of JSON on stdout.
$(STAMP): pyproject.toml requirements/dev.txt
	@test -n '$(PYTHON)' || { \
		echo 'make setup: no Python 3.11 or newer with the venv module is on the PATH.' >&2; \
		echo 'Install one (Debian and Ubuntu: python3 and python3-venv), or name it: make setup PYTHON=/path/to/python3' >&2; \
		exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || '$(PYTHON)' -m venv --clear $(VENV) >&2
	@echo 'Installing into $(VENV) …' >&2
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes --only-binary :all: -r requirements/dev.txt >&2
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . >&2
	@touch $@

demo: setup ## show it working on sandbox systems and sample data (ONCE=1: run, report, exit)
	@$(BIN)/crmsyncd demo $(if $(ONCE),--once) $(ARGS)

tryton: setup ## install a real Tryton server for the tests into .tools/tryton (once, a minute)
	@$(BIN)/python -m tests.tryton.server

test: setup tryton ## run every test (ARGS='-k word' narrows)
	@$(BIN)/python -m pytest --quiet --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal $(ARGS)

check: setup ## format, lint, types, architecture, schema, examples, Dockerfile
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/python -m pytest --quiet tests/architecture tests/test_docs.py tests/test_requirements.py tests/test_config_schema.py tests/test_image.py
	@echo 'check: all well'

alerts: ## test the alert rules with Prometheus' own promtool
	@deploy/prometheus/check

soak: setup ## simulate SEEDS=2000 seeds in virtual time; one line of JSON (ARGS='--mix network', ARGS='--shrink SEED')
	@$(BIN)/python -m tests.simulation.soak --seeds $(SEEDS) $(ARGS)

kills: setup ## kill -9 a real sync N=20 times at random moments (ARGS=--fault-proxy: behind a bad net, ARGS='--crm tryton'); one line of JSON
	@$(BIN)/python -m tests.acceptance.kills --times $(N) $(ARGS)

conformance: setup tryton ## hold every adapter to the contract, faults included: adapters × cases (ARGS=--json)
	@$(BIN)/python -m tests.conformance $(ARGS)

plants: setup ## plant each known kind of bug in a copy, and see which suite finds it
	@$(BIN)/python -m tests.plants $(ARGS)

bench: setup ## measure
	@$(BIN)/python -m benchmarks $(ARGS)

LINKAGE := .tools/linkage

bench-linkage: setup $(LINKAGE)/.set-up ## find duplicates beside two packages made for it (ARGS=--json)
	@$(LINKAGE)/bin/python -m benchmarks.linkage $(ARGS)

# In an environment of its own: what it compares with never enters the one that is tested or shipped.
$(LINKAGE)/.set-up: requirements/bench.txt
	@'$(PYTHON)' -m venv --clear $(LINKAGE) >&2
	@$(LINKAGE)/bin/python -m pip install --quiet --no-compile --require-hashes --only-binary :all: -r requirements/bench.txt >&2
	@touch $@

COMPILE = $(BIN)/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

lock: setup ## write requirements/*.txt anew from pyproject.toml (UPGRADE=1: newest versions)
	@$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	@$(COMPILE) pyproject.toml --extra dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	@$(COMPILE) pyproject.toml --extra bench --constraint requirements/runtime.txt --output-file requirements/bench.txt
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) - --constraint requirements/dev.txt --output-file requirements/build.txt
	@printf 'phonenumbers\ntrytond\ntrytond-party\ntrytond-sale-opportunity\n' \
		| $(COMPILE) - --output-file adapters/tryton/sandbox/requirements.txt
