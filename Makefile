# Each verb sets up what it needs. `make build` and `make test` are all a new machine has to run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SUPERSET := .venv-superset
POSTGRES := $(VENV)/.postgres-installed
DRIVERS := .venv-drivers
LINEAGE := .venv-lineage
SPARK := .venv-spark
RIVALS := .venv-rivals
PORT ?= 8088
KILLS ?= 200
LOAD_SECONDS ?= 300
FUZZ_SECONDS ?= 60
TOOLS := .tools

.DEFAULT_GOAL := help
.PHONY: help build test readers browser check format daemon year bench dev superset superset-test postgres reference clean drivers load kills corruptions fuzz mutants audit sbom lineage lineage-test bench-world bench-rivals world spark-up spark-down spark spark-parity bench-spark

help:
	@echo 'make build      install into .venv, then load, build, test and publish the bundled data into ./data'
	@echo 'make test       all tests (unit, conventions, pipeline, faults)'
	@echo 'make readers    read for half a minute each while releases change as fast as they can, and count'
	@echo 'make load       fifty readers of the twelve questions while ten releases are published (LOAD_SECONDS=300)'
	@echo 'make kills      kill a run KILLS=200 times at named moments and at any, one with dbt 20 times, the main job 10 times; fill its disk'
	@echo 'make browser    look at the page in Chromium (Debian: chromium, chromium-driver)'
	@echo 'make corruptions  wrong data of every kind through the main way, and what stops each (docs/corruptions.md)'
	@echo 'make fuzz       a minute of coverage-guided fuzzing for each parser (FUZZ_SECONDS=60)'
	@echo 'make mutants    changes parsers, the inbox and publishing in small ways and sees whether a test notices (tests/tools/mutants.md)'
	@echo 'make audit      is what is installed what the lock says, unchanged, free to use, without known weakness'
	@echo 'make sbom       rewrite the bill of materials that goes into each release'
	@echo 'make check      lint, format and type checks'
	@echo 'make format     format Python and SQL'
	@echo 'make daemon     a server that ticks, fetches, builds and is killed in the midst (a quarter of an hour)'
	@echo 'make year       a year of releases, revisions and outages in minutes, with memory and disk'
	@echo 'make bench      time the main job against bare dbt and against one hand-written script'
	@echo 'make bench-world  time the models on a made-up world (ENTREPOT_BENCH_ROWS=1_000_000,5_000_000)'
	@echo 'make bench-rivals  the same two tables by SQLMesh, polars, pandas and PostgreSQL (Debian: postgresql), row for row'
	@echo 'make world      take a small made-up world the whole way and look at every figure'
	@echo 'make dev        the Dagster page on http://127.0.0.1:3000'
	@echo 'make drivers    read a release with other clients and other versions of DuckDB (docs/connect.md), 2 GB of them'
	@echo 'make lineage    which column comes from which, as a page: data/lineage/index.html'
	@echo 'make lineage-test  ask it, and look at it in Chromium'
	@echo 'make superset   the dashboard in Apache Superset, in an environment of its own (PORT=8088)'
	@echo 'make superset-test  log in to it with Chromium and look'
	@echo 'make spark      build and publish by Apache Spark, whose cluster make spark-up has started (docs/spark.md)'
	@echo 'make spark-up   start a cluster on this machine: a master, two workers, a Thrift server (Java 17)'
	@echo 'make spark-down end that cluster; its tables stay in data/spark'
	@echo 'make spark-parity  build a smaller archive and a made-up world by DuckDB and by Spark, compare row for row (ENTREPOT_BENCH_ROWS=1_000_000)'
	@echo 'make bench-spark  time both on a made-up world, at one size or several (ENTREPOT_BENCH_ROWS=200_000,1_000_000)'
	@echo 'make postgres   copy a release to a real PostgreSQL, which this starts and stops (Debian: postgresql)'
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
	ENTREPOT_KILLS=$(KILLS) ENTREPOT_MAIN_JOB_KILLS=10 $(BIN)/pytest -s tests/faults/test_kills.py tests/faults/test_main_job.py tests/disks -k 'kill or disk'

browser: $(INSTALLED)
	$(BIN)/pytest tests/browser

corruptions: $(INSTALLED)
	@$(BIN)/python -m tests.corruptions.run

fuzz: $(INSTALLED) $(TOOLS)/fuzz/.installed
	@for kind in xml json csv zip inbox; do \
		PYTHONPATH=$(TOOLS)/fuzz:. $(BIN)/python -m tests.fuzz.run $$kind $(FUZZ_SECONDS) build/fuzz || exit 1; \
	done

mutants: $(INSTALLED) $(TOOLS)/mutants/.installed
	-@PYTHONPATH=$(TOOLS)/mutants $(BIN)/python -m mutmut run
	@PYTHONPATH=$(TOOLS)/mutants $(BIN)/python -m mutmut results

audit: $(INSTALLED) $(TOOLS)/audit/.installed
	@$(BIN)/pip check
	@PYTHONPATH=$(TOOLS)/audit:. $(BIN)/python -m tests.tools.audit

sbom: $(INSTALLED) $(TOOLS)/audit/.installed
	@PYTHONPATH=$(TOOLS)/audit:. $(BIN)/python -m tests.tools.bill_of_materials

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfmt --check --no-progressbar dbt_project

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfmt --no-progressbar dbt_project

daemon: $(INSTALLED)
	$(BIN)/pytest -s tests/daemon

year: $(INSTALLED)
	$(BIN)/pytest -s tests/year

bench: $(INSTALLED)
	@$(BIN)/python -m tests.benchmarks.main_job

bench-world: $(INSTALLED)
	@$(BIN)/python -m tests.benchmarks.world_build

bench-rivals: $(INSTALLED) $(RIVALS)/.installed
	@$(BIN)/python -m tests.benchmarks.rivals

world: $(INSTALLED)
	$(BIN)/pytest tests/world

dev: $(INSTALLED)
	@mkdir -p $${ENTREPOT_HOME:-data}/dagster
	DAGSTER_HOME=$$(cd $${ENTREPOT_HOME:-data}/dagster && pwd) $(BIN)/dagster dev -m orchestration.definitions -h 127.0.0.1 -p 3000

drivers: $(INSTALLED) $(patsubst tests/drivers/%.lock,$(DRIVERS)/%/.installed,$(wildcard tests/drivers/*.lock))
	$(BIN)/pytest tests/drivers

# It reads the warehouse, so no build may run beside it.
lineage: $(INSTALLED) $(LINEAGE)/.installed
	@home=$${ENTREPOT_HOME:-$(CURDIR)/data}; mkdir -p "$$home/lineage"; cd dbt_project && \
	ENTREPOT_HOME="$$home" ../$(BIN)/dbt --quiet --log-path "$$home/lineage/dbt" docs generate --profiles-dir . --target-path "$$home/lineage/dbt" && \
	../$(LINEAGE)/bin/colibri generate --light --disable-telemetry --output-dir "$$home/lineage" \
		--manifest "$$home/lineage/dbt/manifest.json" --catalog "$$home/lineage/dbt/catalog.json" > "$$home/lineage/colibri.log" && \
	echo "The lineage is in $$home/lineage/index.html"

lineage-test: lineage
	$(BIN)/pytest tests/lineage

superset: $(SUPERSET)/.installed
	@exec env PORT=$(PORT) $(SUPERSET)/bin/python dashboards/superset/start.py

superset-test: $(INSTALLED) $(SUPERSET)/.installed
	$(BIN)/pytest tests/superset

postgres: $(POSTGRES)
	$(BIN)/pytest tests/postgres

spark-up: $(SPARK)/.installed
	@$(SPARK)/bin/python -m orchestration.spark.cluster up

spark-down: $(SPARK)/.installed
	@$(SPARK)/bin/python -m orchestration.spark.cluster down

spark: $(SPARK)/.installed
	@$(SPARK)/bin/entrepot build --target spark

spark-parity: $(SPARK)/.installed
	$(SPARK)/bin/pytest -s tests/spark

bench-spark: $(SPARK)/.installed
	@$(SPARK)/bin/python -m tests.benchmarks.world_on_spark

reference: $(INSTALLED)
	$(BIN)/python -m orchestration.calendar

clean:
	rm -rf $(VENV) $(SUPERSET) $(DRIVERS) $(TOOLS) $(LINEAGE) $(SPARK) $(RIVALS) .pytest_cache .ruff_cache .mypy_cache .hypothesis dbt_project/target

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(None if ok else "Entrepot needs Python 3.11, 3.12 or 3.13, and this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.11 build")'
	@echo 'Installing into $(VENV): about 150 packages, one to three minutes'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(POSTGRES): requirements-postgres.lock $(INSTALLED)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-postgres.lock
	@touch $@

# Tools that only one verb needs lie beside the environment, not in it.
$(TOOLS)/%/.installed: tests/tools/%.lock $(INSTALLED)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade --target $(TOOLS)/$* -r $<
	@touch $@

$(SUPERSET)/.installed: dashboards/superset/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info[:2] == (3, 11) else "Superset is locked for Python 3.11, and this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.11 superset")'
	@echo 'Installing Superset into $(SUPERSET): about 150 packages, one to three minutes'
	@$(PYTHON) -m venv $(SUPERSET)
	@$(SUPERSET)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r dashboards/superset/requirements.lock
	@touch $@

$(DRIVERS)/%/.installed: tests/drivers/%.lock
	@echo 'Installing the clients of tests/drivers/$*.in into $(DRIVERS)/$*'
	@$(PYTHON) -m venv $(DRIVERS)/$*
	@$(DRIVERS)/$*/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

$(LINEAGE)/.installed: dashboards/lineage/requirements.lock
	@echo 'Installing dbt-colibri into $(LINEAGE)'
	@$(PYTHON) -m venv $(LINEAGE)
	@$(LINEAGE)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

$(SPARK)/.installed: requirements-spark.lock pyproject.toml
	@echo 'Installing Apache Spark and what it needs into $(SPARK): 1.5 GB, two to four minutes'
	@$(PYTHON) -m venv $(SPARK)
	@$(SPARK)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-spark.lock
	@$(SPARK)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(RIVALS)/.installed: tests/benchmarks/rivals/requirements.lock
	@echo 'Installing what a user might pick instead into $(RIVALS)'
	@$(PYTHON) -m venv $(RIVALS)
	@$(RIVALS)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@
