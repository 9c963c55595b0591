"""What a Spark build of changes starts from: the last one that succeeded, of the same code, with no release gone since."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import duckdb
import pyarrow as pa
import pytest

from orchestration import increments
from orchestration.landing import Release, land, releases
from orchestration.settings import Settings
from orchestration.spark import last_build, register
from orchestration.spark.connection import Spark
from tests.unit.test_tables_that_stay_in_landing import JANUARY


class Tables:
    """Spark's small tables, in DuckDB: it speaks as much of Spark's SQL as they need."""

    def __init__(self) -> None:
        self.database = duckdb.connect()
        self.database.execute("create schema entrepot")

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        return self.database.execute(sql).fetchall()

    def has(self, table: str) -> bool:
        return bool(self.run(f"from duckdb_tables() where concat(schema_name, '.', table_name) = '{table}'"))

    def hand_over(self, rows: duckdb.DuckDBPyRelation, table: str) -> None:
        kept = rows.to_arrow_table()
        self.database.register("handed", kept)
        self.run(f"create or replace table {table} as select * from handed")


@pytest.fixture
def at(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, incremental=True)


@pytest.fixture
def spark(at: Settings) -> Spark:
    """Its tables after a build of one release succeeded."""
    spark = cast("Spark", Tables())
    came(spark, at, "7")
    assert last_build.begin(spark, at, force=False) is None
    last_build.succeeded(spark, at)
    return spark


def came(spark: Spark, at: Settings, usd: str) -> Release:
    """A release lands, and Spark's ledger is written anew."""
    rows = pa.table({"month": ["2025-01"], "usd": [usd]})
    release, _ = land(at.landing, replace(JANUARY, basis=usd), rows)
    write_ledger(spark, at)
    return release


def write_ledger(spark: Spark, at: Settings) -> None:
    ledger = register._ledger(spark, at, releases(at.landing, JANUARY.source, JANUARY.table))
    with duckdb.connect() as database:
        database.register("rows", pa.Table.from_pylist(ledger, schema=register.LEDGER))
        spark.hand_over(database.table("rows"), "entrepot.releases")


def new_since(spark: Spark, moment: datetime | None) -> int:
    ((count,),) = spark.run(f"select count(*) from entrepot.releases where loaded_at > timestamp '{moment}'")
    return int(count)


def begun(spark: Spark, at: Settings, force: bool = False) -> datetime | None:
    return last_build.begin(spark, at, force)


def test_what_came_after_a_build_that_succeeded_is_new(spark: Spark, at: Settings) -> None:
    assert new_since(spark, begun(spark, at)) == 0
    write_ledger(spark, at)
    assert new_since(spark, begun(spark, at)) == 0, "what Spark knew is taken for new"
    came(spark, at, "8")
    assert new_since(spark, begun(spark, at)) == 1


def test_what_a_build_of_changes_left_undone_is_new_again(spark: Spark, at: Settings) -> None:
    came(spark, at, "8")
    first = begun(spark, at)
    came(spark, at, "9")
    assert begun(spark, at) == first
    assert new_since(spark, first) == 2


def test_a_whole_build_that_did_not_succeed_leaves_nothing_to_start_from(spark: Spark, at: Settings) -> None:
    assert begun(spark, at.model_copy(update={"incremental": False})) is None
    assert begun(spark, at) is None


def test_a_build_that_is_forced_starts_from_nothing(spark: Spark, at: Settings) -> None:
    assert begun(spark, at, force=True) is None
    assert begun(spark, at) is None


def test_other_code_models_or_tables_start_from_nothing(
    spark: Spark, at: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(increments, "models_fingerprint", lambda settings: "other")
    assert begun(spark, at) is None
    monkeypatch.undo()
    assert begun(spark, at) is None, "what a build of other code may have made half is trusted"


def test_a_release_that_is_gone_leaves_nothing_to_start_from(spark: Spark, at: Settings) -> None:
    release = came(spark, at, "8")
    last_build.succeeded(spark, at)
    release.path(at.landing).unlink()
    write_ledger(spark, at)
    assert begun(spark, at) is None


def test_without_a_ledger_nothing_is_known(spark: Spark, at: Settings) -> None:
    spark.run("drop table entrepot.releases")
    write_ledger(spark, at)
    assert begun(spark, at) is None


def test_a_clock_that_was_set_back_hides_no_release(
    spark: Spark, at: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "datetime", Mock(wraps=datetime, now=lambda zone: datetime(2001, 1, 1, tzinfo=zone)))
    came(spark, at, "8")
    assert new_since(spark, begun(spark, at)) == 1
