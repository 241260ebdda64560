# Two commands do it: `make run` and `make test`. Both need only Python 3.11 (to 3.13), make and a Python package index.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
NPM := tests/clients/npm

# Modules compiled once are kept: some images forbid it, and every start of a program would compile them anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test lint test-deep bench docs clients fmt ready ready-dev

help: ## Show this.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

run: ready ## Install what is missing and serve on 127.0.0.1:4000. ARGS="--listen ..." is passed on.
	@exec $(BIN)/wye serve $(ARGS)

test: lint $(if $(shell command -v npm),$(NPM)/node_modules) ## Lint, types, import layers and every ordinary test. ARGS="-k ..." is passed on to pytest.
	@OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)  # most of it waits for others; numpy starts no threads beside

lint: ready-dev ## Only what reads the code: ruff, mypy, the import contracts.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test-deep: ready-dev ## The long runs: soaks, fuzzing, kills under load; examples nobody drew before. EXAMPLES=20000 for more.
	@$(BIN)/pytest -m "deep or hypothesis" --hypothesis-profile explore --timeout 3600 $(ARGS)

bench: ready-dev ## Measure side by side; needs wrk and nginx. ARGS="--short" for a quick look.
	@$(BIN)/python bench/run.py $(ARGS)

docs: ready-dev ## Run every code block of the README and docs/.
	@$(BIN)/pytest tests/docs $(ARGS)

clients: ## Install the npm clients that some tests run; needs npm. `make test` does it where npm is.
	@npm ci --prefix $(NPM) --ignore-scripts --no-audit --no-fund --loglevel error --fetch-retries 1 --fetch-timeout 30000

$(NPM)/node_modules: $(NPM)/package-lock.json
	@$(MAKE) --no-print-directory clients || echo "the npm clients could not be installed: their tests are skipped"

fmt: ready-dev ## Format, and fix what ruff can.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

ready:
	@$(PYTHON) scripts/bootstrap.py

ready-dev:
	@$(PYTHON) scripts/bootstrap.py --dev
