# Thin names for the commands in README.md. `run` and `test` set up .venv themselves; `check` and
# `bench` use what `test` has set up.
PYTHON ?= python3
VENV_PYTHON = .venv/bin/python

.PHONY: help run test check bench tables

help:   ## list these commands
	@grep -E '^[a-z]+: *##' $(MAKEFILE_LIST) | sed -E 's/: *## */\t/' | expand -t 10

run:    ## set up and open the app
	$(PYTHON) app.py

test:   ## set up, check and test everything
	$(PYTHON) -m tests

check:  ## lint, format and types only
	$(VENV_PYTHON) -m ruff check
	$(VENV_PYTHON) -m ruff format --check
	$(VENV_PYTHON) -m mypy

bench:  ## time our critic step against plain PyTorch
	$(VENV_PYTHON) -m tests.benchmarks.race

tables: ## make the tables of figures in README.md and docs from the scores that ship
	$(VENV_PYTHON) -m tests.readme
