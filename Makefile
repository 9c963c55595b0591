# Each verb sets up what it needs. `make build` and `make test` are all a new machine has to run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SUPERSET := .venv-superset
PORT ?= 8088
KILLS ?= 200
LOAD_SECONDS ?= 300

.DEFAULT_GOAL := help
.PHONY: help build test readers load kills browser check format bench dev superset superset-test reference clean

help:
	@echo 'make build      install into .venv, then load, build, test and publish the bundled data into ./data'
	@echo 'make test       all tests (unit, conventions, pipeline, faults)'
	@echo 'make readers    read for half a minute each while releases change as fast as they can, and count'
	@echo 'make load       fifty readers of the twelve questions while ten releases are published (LOAD_SECONDS=300)'
	@echo 'make kills      kill a run KILLS=200 times at named moments and at any, one with dbt 20 times, the main job 10 times'
	@echo 'make browser    look at the page in Chromium (Debian: chromium, chromium-driver)'
	@echo 'make check      lint, format and type checks'
	@echo 'make format     format Python and SQL'
	@echo 'make bench      time the main job against bare dbt and against one hand-written script'
	@echo 'make dev        the Dagster page on http://127.0.0.1:3000'
	@echo 'make superset   the dashboard in Apache Superset, in an environment of its own (PORT=8088)'
	@echo 'make superset-test  log in to it with Chromium and look'
	@echo 'make reference  rewrite the reference tables that a library derives (working days)'
	@echo 'make clean      remove .venv and caches; ./data stays'

build: $(INSTALLED)
	@$(BIN)/entrepot build

test: $(INSTALLED)
	$(BIN)/pytest --numprocesses=2

readers: $(INSTALLED)
	ENTREPOT_READ_SECONDS=30 $(BIN)/pytest -s tests/faults/test_readers.py

load: $(INSTALLED)
	ENTREPOT_LOAD_SECONDS=$(LOAD_SECONDS) $(BIN)/pytest -s tests/faults/test_readers.py -k twelve_questions

kills: $(INSTALLED)
	ENTREPOT_KILLS=$(KILLS) ENTREPOT_MAIN_JOB_KILLS=10 $(BIN)/pytest -s tests/faults/test_kills.py tests/faults/test_main_job.py -k kill

browser: $(INSTALLED)
	$(BIN)/pytest tests/browser

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfmt --check --no-progressbar dbt_project

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfmt --no-progressbar dbt_project

bench: $(INSTALLED)
	@$(BIN)/python -m tests.benchmarks.main_job

dev: $(INSTALLED)
	@mkdir -p $${ENTREPOT_HOME:-data}/dagster
	DAGSTER_HOME=$$(cd $${ENTREPOT_HOME:-data}/dagster && pwd) $(BIN)/dagster dev -m orchestration.definitions -h 127.0.0.1 -p 3000

superset: $(SUPERSET)/.installed
	@exec env PORT=$(PORT) $(SUPERSET)/bin/python dashboards/superset/start.py

superset-test: $(INSTALLED) $(SUPERSET)/.installed
	$(BIN)/pytest tests/superset

reference: $(INSTALLED)
	$(BIN)/python -m orchestration.calendar

clean:
	rm -rf $(VENV) $(SUPERSET) .pytest_cache .ruff_cache .mypy_cache .hypothesis dbt_project/target

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(None if ok else "Entrepot needs Python 3.11, 3.12 or 3.13, and this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.11 build")'
	@echo 'Installing into $(VENV): about 150 packages, one to three minutes'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(SUPERSET)/.installed: dashboards/superset/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info[:2] == (3, 11) else "Superset is locked for Python 3.11, and this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.11 superset")'
	@echo 'Installing Superset into $(SUPERSET): about 150 packages, one to three minutes'
	@$(PYTHON) -m venv $(SUPERSET)
	@$(SUPERSET)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r dashboards/superset/requirements.lock
	@touch $@
