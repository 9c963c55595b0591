"""A whole build on Spark: register what landed, run dbt against the Thrift server, publish what it made."""

import json
from collections.abc import Callable
from typing import Any

import duckdb
from dbt.cli.main import dbtRunner

from orchestration import transform
from orchestration.errors import EntrepotError
from orchestration.publishing.built import publish_built
from orchestration.publishing.release import Mart, Publication
from orchestration.rebuild import complete_from_archive
from orchestration.settings import Settings
from orchestration.source import discover
from orchestration.spark import adapter, last_build
from orchestration.spark.connection import Spark, connected
from orchestration.spark.register import register

TARGET = "spark"


def build(at: Settings, tell: Callable[[str], None], force: bool = False) -> Publication:
    """Builds, tests and publishes; the caller holds the writer's lock. Raises `EntrepotError` where a step or a test fails.

    With `ENTREPOT_INCREMENTAL` it reads the releases that came since the last build alone, unless `force`.
    """
    ours = spark_settings(at)
    complete_from_archive(at)
    with connected(at.spark, at.spark_home) as spark:
        tell("Telling Spark what landed, and handing over the reference tables")
        hand_over(spark, at)
        tell("Running dbt on Spark")
        counts = build_tables(spark, at, force=force)
        tell("Fetching the marts")
        fetch_marts(spark, ours, transform.marts(ours))
        _duckdb_dbt(ours, "run-operation", "create_published_macros")
    at.export()
    return publish_built(at, ours, counts, tell)


def spark_settings(at: Settings) -> Settings:
    """The same settings with Spark's folder for a home: dbt's own files and a small DuckDB file of seeds and marts lie there."""
    return at.model_copy(update={"home": at.spark_home})


def hand_over(spark: Spark, at: Settings) -> None:
    """Spark's ledger, its raw tables where they landed, and the reference tables."""
    ours = spark_settings(at)
    ours.prepare()
    register(spark, at, discover())
    _seeds(spark, ours)


def build_tables(spark: Spark, at: Settings, *selection: str, force: bool = False) -> transform.TestCounts:
    """Every table and its data tests, or those selected; remembers that they succeeded. Raises where one does not."""
    loaded_after = last_build.begin(spark, at, force)
    changes = ["--vars", f"{{loaded_after: '{loaded_after}'}}"] if loaded_after else []
    run_models(at, *changes, *selection)
    counts = transform.tests(spark_settings(at))
    last_build.succeeded(spark, at)
    return counts


def _seeds(spark: Spark, ours: Settings) -> None:
    """dbt-duckdb reads the CSV files, so that both engines have the same types; Spark gets its tables."""
    ours.warehouse.unlink(missing_ok=True)
    _duckdb_dbt(ours, "seed")
    spark.run("create schema if not exists reference")
    with duckdb.connect(str(ours.warehouse), read_only=True) as database:
        names = database.execute("select table_name from duckdb_tables() where schema_name = 'reference'").fetchall()
        for (name,) in names:
            spark.hand_over(database.table(f"reference.{name}"), f"reference.{name}")


def run_models(at: Settings, *selection: str) -> None:
    """Every SQL and Python model with its data tests, in the order of dbt's graph."""
    ours = spark_settings(at)
    adapter.install()
    at.export()
    transform.forget_results(ours)
    left_out = ["--exclude-resource-type", "seed", "--exclude-resource-type", "unit_test"]
    ran = dbtRunner().invoke(["build", "--target", TARGET, *left_out, *_places(ours), *selection])
    if ran.exception is not None:
        raise EntrepotError(f"dbt could not run on Spark ({ran.exception}). Nothing was published.") from ran.exception


def fetch_marts(spark: Spark, ours: Settings, marts: list[Mart]) -> None:
    """The marts as tables of DuckDB with their declared types and comments: what a release is made from."""
    nodes = _nodes(ours)
    with duckdb.connect(str(ours.warehouse)) as database:
        database.execute("create schema if not exists marts")
        for mart in marts:
            node = nodes[f"model.entrepot.{mart.name}"]
            rows = spark.fetch(f"marts.{mart.name}", database)
            typed = ", ".join(
                f'cast("{name}" as {column["data_type"]}) as "{name}"' for name, column in node["columns"].items()
            )
            database.execute(f"drop table if exists marts.{mart.name}")
            rows.project(typed).create(f"marts.{mart.name}")
            _comment(database, f"table marts.{mart.name}", node["description"])
            for name, column in node["columns"].items():
                _comment(database, f'column marts.{mart.name}."{name}"', column["description"])


def _comment(database: duckdb.DuckDBPyConnection, what: str, text: str) -> None:
    quoted = text.replace("'", "''")
    database.execute(f"comment on {what} is '{quoted}'")


def _duckdb_dbt(ours: Settings, *words: str) -> None:
    """dbt with its default target, in a process of its own: one process knows one adapter."""
    target = ours.home / "dbt-duckdb"
    asked = transform.dbt_resource(ours).cli(list(words), target_path=target, raise_on_error=False)
    if not asked.wait().is_successful():
        raise EntrepotError(
            f"dbt could not `{words[0]}` for Spark. Nothing was published. What it said is in {target / 'dbt.log'}."
        )


def _places(ours: Settings) -> list[str]:
    project, target = str(ours.dbt_project), str(ours.dbt_target)
    return ["--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", target]


def _nodes(ours: Settings) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((ours.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    nodes: dict[str, Any] = manifest["nodes"]
    return nodes
