# Pattern Lab: `make lab` opens the course, `make test` checks it.
# Needs only make and Python 3.11 or newer. Everything else goes into .venv, here.

PYTHON ?= python3
PORT ?=
ARGS ?=

# Modules are run with -m, never through the scripts in .venv/bin:
# a script's first line cannot hold a path with a space in it.
VENV := .venv/bin/python
UV := $(VENV) -m uv
TARGETS := lab test bench notebooks conformance policies lock clean help

# Where it is set, every worker of the tests would compile all of them again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: $(TARGETS)

help:
	@echo "make lab        open the course in JupyterLab (PORT=8899, ARGS=--no-browser)"
	@echo "make test       check the course: style, tests, every notebook (ARGS='-k queue')"
	@echo "make bench      measure it, and print a table"
	@echo "make notebooks  run all notebooks again and keep their outputs"
	@echo "make conformance  run the SQS tests and write docs/sqs-conformance.md from them"
	@echo "make policies   count the notebooks' calls and write the IAM policies from them"
	@echo "make lock       refresh the exact versions in requirements.lock"
	@echo "make clean      remove .venv and what the tools leave behind"
	@echo "Another Python: make lab PYTHON=/path/to/python3"

lab: .venv/installed
	@$(VENV) -m patternlab lab $(if $(PORT),--port $(PORT)) $(ARGS)

test: .venv/installed
	$(VENV) -m ruff check .
	$(VENV) -m pytest -n 3 $(ARGS)

bench: .venv/installed
	$(VENV) -m benchmarks $(ARGS)

notebooks: .venv/installed
	$(VENV) -m patternlab notebooks $(ARGS)

conformance: .venv/installed
	$(VENV) -m patternlab conformance

policies: .venv/installed
	$(VENV) -m patternlab policies

lock: .venv/uv
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --python $(VENV) \
	    --extra test --extra parallelcluster --no-emit-index-url --custom-compile-command "make lock" \
	    --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis

# A folder that was copied or moved has a .venv that still points to the old place.
ifneq ($(shell cat .venv/installed 2>/dev/null),$(CURDIR))
.venv/installed: .FORCE
endif

.venv/installed: .venv/uv requirements.lock pyproject.toml
	@echo "Installing into .venv (once, and again when requirements.lock changes) ..."
	@$(UV) pip install --quiet --python $(VENV) --requirement requirements.lock
	@$(UV) pip install --quiet --python $(VENV) --no-deps --editable .
	@echo "$(CURDIR)" > $@

.venv/uv:
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one with PYTHON=/path/to/python3." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Pattern Lab needs Python 3.11 or newer and $(PYTHON) is %d.%d: name a newer one with PYTHON=/path/to/python3." % v[:2])'
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, run 'apt-get install python3-venv' first." >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv
	@$(VENV) -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	@touch $@

.PHONY: .FORCE
.FORCE:

.DEFAULT:
	@echo "There is no target '$@': choose one of $(TARGETS)." >&2; exit 1
