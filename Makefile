# Pattern Lab: `make lab` opens the course, `make test` checks it.
# Needs only make and Python 3.11 or newer. Everything else goes into .venv, here.

PYTHON ?= python3
PORT ?=
ARGS ?=

# Modules are run with -m, never through the scripts in .venv/bin:
# a script's first line cannot hold a path with a space in it.
VENV := .venv/bin/python
UV := $(VENV) -m uv
INSTALL := $(UV) pip install --quiet --python $(VENV)
TARGETS := lab test test-deep lint types bench notebooks conformance policies api lock clean help

# Where it is set, every worker of the tests would compile all of them again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: $(TARGETS)

help:
	@echo "make lab        open the course in JupyterLab (PORT=8899, ARGS=--no-browser)"
	@echo "make test       check the course: style, tests, every notebook (ARGS='-k queue')"
	@echo "make test-deep  run the slow proofs of what make test samples"
	@echo "make lint       check style, format and docstrings"
	@echo "make types      check the types"
	@echo "make bench      measure it, and print a table"
	@echo "make notebooks  run all notebooks again and keep their outputs"
	@echo "make conformance  write docs/facts.md and docs/conformance.md from data/facts"
	@echo "make policies   count the notebooks' calls and write the IAM policies from them"
	@echo "make api        write docs/api.md from the docstrings"
	@echo "make lock       refresh the exact versions in locks/"
	@echo "make clean      remove .venv and what the tools leave behind"
	@echo "Another Python: make lab PYTHON=/path/to/python3"

lab: .venv/learners
	@$(VENV) -m patternlab lab $(if $(PORT),--port $(PORT)) $(ARGS)

test: lint
	$(VENV) -m pytest -n 3 -m "not deep" $(ARGS)

test-deep: .venv/developers
	$(VENV) -m pytest -n 3 -m deep $(ARGS)

lint: .venv/developers
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .

STRICT := cloud clock delivery functions learn
types: .venv/developers
	$(VENV) -m mypy -p patternlab
	$(VENV) -m mypy --strict --follow-imports=silent $(addprefix -p patternlab.,$(STRICT))

bench: .venv/developers
	$(VENV) -m benchmarks $(ARGS)

notebooks: .venv/learners
	$(VENV) -m patternlab notebooks $(ARGS)

conformance policies: .venv/developers
	$(VENV) -m patternlab $@

api: .venv/learners
	$(VENV) -m patternlab api

# The learners' versions and the tools' are the developers', as far as they go.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --python $(VENV) \
    --generate-hashes --no-emit-index-url --annotation-style line --custom-compile-command "make lock"
lock: .venv/tools
	$(COMPILE) --upgrade --extra parallelcluster --extra dev -o locks/developers.lock pyproject.toml
	cp locks/developers.lock locks/learners.lock
	$(COMPILE) --extra parallelcluster -o locks/learners.lock pyproject.toml
	cp locks/developers.lock locks/tools.lock
	$(COMPILE) --group pyproject.toml:tools -o locks/tools.lock

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis

# A folder that was copied or moved has a .venv that still points to the old place.
ifneq ($(shell cat .venv/learners 2>/dev/null),$(CURDIR))
.venv/learners: .FORCE
endif

.venv/developers: .venv/learners locks/developers.lock
	@echo "Installing what the tests need into .venv (once, and again when locks/ changes) ..."
	@$(INSTALL) --require-hashes --requirement locks/developers.lock
	@touch $@

.venv/learners: .venv/tools locks/learners.lock pyproject.toml
	@echo "Installing the course into .venv (once, and again when locks/ changes) ..."
	@$(INSTALL) --require-hashes --requirement locks/learners.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

.venv/tools: locks/tools.lock
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one with PYTHON=/path/to/python3." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Pattern Lab needs Python 3.11 or newer and $(PYTHON) is %d.%d: name a newer one with PYTHON=/path/to/python3." % v[:2])'
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, run 'apt-get install python3-venv' first." >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv
	@$(VENV) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/tools.lock
	@touch $@

.PHONY: .FORCE
.FORCE:

.DEFAULT:
	@echo "There is no target '$@': choose one of $(TARGETS)." >&2; exit 1
