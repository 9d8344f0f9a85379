# Two commands on a fresh machine: `make report` and `make test`. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PY := .venv/bin/python
PYTEST_WORKERS ?= 2
PYTEST_ARGS ?=
# A file stays on one worker, so what its tests share is fitted once.
PYTEST := $(PY) -m pytest -n $(PYTEST_WORKERS) --dist loadfile

# Work is parallel over fits; threads below that would oversubscribe the cores, and change the
# order of sums.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: help setup setup-test report lint test test-long test-lowest coverage bench docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## prepare .venv, and R where it may be installed; a second run changes nothing
	@tools/setup.sh

setup-test:
	@tools/setup.sh --with-chromium

report: setup ## run the built-in study: prints the verdict and the report's path
	@.venv/bin/harness run us-traffic

lint: setup ## style, format and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

test: setup-test lint ## everything but the long tests; PYTEST_ARGS="-k name" narrows
	$(PYTEST) -m "not long" $(PYTEST_ARGS)

# In the order of files: the longest test, one of few in its file, would come last by itself and be
# waited for by one worker. pytest ends with 5 where PYTEST_ARGS leaves no test.
test-long: setup-test ## the long tests
	$(PYTEST) --no-loadscope-reorder -m long $(PYTEST_ARGS) || [ $$? -eq 5 ]

test-lowest: setup ## a part of the suite with the lowest versions that pyproject.toml allows
	@tools/lowest.sh $(PYTEST_ARGS)

coverage: setup-test ## what part of harness/ the tests run, workers included; fails below the floor
	$(PY) -m coverage erase
	$(PYTEST) -m "not long" --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

bench: setup ## side-by-side timings
	@for script in $(wildcard benchmarks/bench_*.py); do echo "== $$script"; $(PY) -m "benchmarks.$$(basename "$$script" .py)"; done

docs: setup ## build the documentation into build/site, every link checked
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@echo "build/site/index.html"

clean: ## remove .venv, builds and caches; reports stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
