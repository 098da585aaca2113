# nianbao: everything a person or a machine does with the tree.
#
#   make run       set up, read the samples, show every report as a table and a line a sample
#   make test      set up, run the tests                     (make test ARGS="-m slow -k web")
#   make serve     set up, run the whole service on this machine: http://127.0.0.1:8000
#   make lint      ruff, mypy --strict, one-way imports, module length
#   make bench     cost beside other libraries; a corpus with known truth made, read, scored
#                  (the queue by itself: python -m bench.queue)
#   make samples   make the committed samples again (needs Chromium and LibreOffice)
#   make lock      resolve the dependencies again, with hashes
#   make clean     take away what the targets made
#
# Needed: Python 3.11 or newer, make, a package registry.  PYTHON=… names another Python.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.set-up
DEV_STAMP := $(VENV)/.set-up-dev
OUT := out
ARGS :=
# Processes that share the tests: most of the tests' time is waiting for servers, browsers and children, so two
# halve it (measured on 2 cores: 546 s alone, 285 s shared).
SHARED := -n 2 --dist worksteal

# The first Python on PATH that is new enough and starts (a version manager's shim may not).
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := $(PIP) --require-hashes --no-build-isolation

# Every recogniser and numpy would take all cores; the work is spread over documents instead.
export OMP_NUM_THREADS ?= 1

.PHONY: help run test serve lint bench samples lock clean setup setup-dev

help:
	@sed -n '/^# nianbao/,/^$$/s/^# \{0,1\}//p' Makefile

# ---------------------------------------------------------------- set up, once

setup: $(RUN_STAMP)
setup-dev: $(DEV_STAMP)

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "nianbao needs Python 3.11 or newer, and none is on PATH."; \
	  echo "  Debian 12 or newer, Ubuntu 24.04 or newer:  apt-get install python3 python3-venv"; \
	  echo "  elsewhere: https://www.python.org/downloads/ ; then  make PYTHON=/path/to/python3 ..."; \
	  exit 1; fi
	@echo "setting up $(VENV) with $$($(PYTHON) --version), once"
	@if ! $(PYTHON) -m venv $(VENV) >/dev/null 2>&1; then \
	  rm -rf $(VENV); \
	  if $(PYTHON) -m pip --version >/dev/null 2>&1 && $(PYTHON) -m venv --without-pip $(VENV); then \
	    $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; \
	  else \
	    rm -rf $(VENV); \
	    echo "This Python cannot make a virtual environment: its venv or ensurepip module is missing."; \
	    echo "  Debian, Ubuntu:  apt-get install python3-venv   and run make again"; \
	    exit 1; fi; fi

# First what builds (hatchling for this project, setuptools for packages that come as source), then what runs:
# all of it locked by version and hash, so that nothing is fetched that the lock files do not name.
$(RUN_STAMP): requirements-build.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing the locked packages"
	@$(LOCKED) -r requirements-build.lock
	@$(LOCKED) -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q extractor workers web
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	@echo "installing the locked packages of the tests"
	@$(LOCKED) -r requirements-dev.lock
	@touch $@

# ---------------------------------------------------------------- use

run: $(RUN_STAMP)
	@$(BIN)/python -m samples.show $(ARGS)

test: $(DEV_STAMP)
	@$(BIN)/python -m pytest $(SHARED) $(ARGS)

serve: $(RUN_STAMP)
	@$(BIN)/nianbao serve $(ARGS)

lint: $(DEV_STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m tests.module_length

bench: $(DEV_STAMP)
	@bad=0; for one in speed accuracy; do $(BIN)/python -m bench.$$one || bad=1; done; exit $$bad

samples: $(DEV_STAMP)
	@$(BIN)/python -m samples.maker samples

# ---------------------------------------------------------------- keep

# One lock for every Python from 3.11 and every system (what only some need carries its condition).  What is
# locked stays as it is unless pyproject.toml asks for more; delete a lock file to take all anew.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate
lock: $(DEV_STAMP)
	@$(PIP) uv
	@$(COMPILE) -o requirements.lock pyproject.toml
	@$(COMPILE) -c requirements.lock --extra dev -o requirements-dev.lock pyproject.toml
	@$(COMPILE) -c requirements-dev.lock -o requirements-build.lock requirements-build.in
	@$(COMPILE) -o requirements-ci.lock requirements-ci.in

clean:
	rm -rf $(VENV) $(OUT) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
