# Two commands do it: `make run` and `make test`. Both need only Python 3.11 (to 3.13), make and a Python package index.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint test-deep bench docs fmt ready ready-dev

help: ## Show this.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

run: ready ## Install what is missing and serve on 127.0.0.1:4000. ARGS="--listen ..." is passed on.
	@exec $(BIN)/wye serve $(ARGS)

test: lint ## Lint, types, import layers and every ordinary test. ARGS="-k ..." is passed on to pytest.
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

lint: ready-dev ## Only what reads the code: ruff, mypy, the import contracts.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test-deep: ready-dev ## The long runs: soaks, fuzzing, kills under load.
	@$(BIN)/pytest -m deep --timeout 3600 $(ARGS)

bench: ready-dev ## Measure side by side; needs wrk and nginx. ARGS="--short" for a quick look.
	@$(BIN)/python bench/run.py $(ARGS)

docs: ready-dev ## Run every code block of the README and docs/.
	@$(BIN)/pytest tests/docs $(ARGS)

fmt: ready-dev ## Format, and fix what ruff can.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

ready:
	@$(PYTHON) scripts/bootstrap.py

ready-dev:
	@$(PYTHON) scripts/bootstrap.py --dev
