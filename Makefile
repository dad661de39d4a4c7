# Everything a person does here has a name. Needs Python 3.11 or newer, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types arrows format build smoke lock lowest bench ci clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## set up, sync the demo trackers, write reports into ./demo
	@$(BIN)/pmsync demo

test: $(READY) ## set up, run all tests
	$(BIN)/python -m pytest -n 2 $(ARGS)

setup: $(READY) ## make the environment in .venv from requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("pmsync needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lint: $(READY) ## ruff: style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

arrows: $(READY) ## the import contract between the rooms
	$(BIN)/lint-imports

build: $(READY) ## wheel and source archive into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist

smoke: build ## install the wheel in a fresh environment and use it from another folder
	bash tests/smoke.sh dist/*.whl

bench: $(READY) ## the benchmarks, quick sizes (see benchmarks/README.md)
	$(BIN)/python benchmarks/bench_start.py --quick
	$(BIN)/python benchmarks/bench_memory.py --quick
	$(BIN)/python benchmarks/bench_store.py --items 2000
	$(BIN)/python benchmarks/bench_jira.py --size 1000 --quick
	$(BIN)/python benchmarks/bench_trello.py --size 0.1
	$(BIN)/python benchmarks/bench_roles.py

lock: $(READY) ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --group dev --extra postgres --extra keyring --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -o requirements.lock

lowest: ## run the tests with the oldest versions that pyproject.toml allows (needs uv)
	uv venv --quiet --clear .venv-lowest
	uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct --group dev --editable '.[postgres,keyring]'
	.venv-lowest/bin/python -m pytest -n 2

ci: test lint types arrows smoke ## everything a change must pass

clean: ## remove what the targets above made
	rm -rf $(VENV) .venv-lowest dist demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
