"""What is handed to Spark has the columns and the types that its models read."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from orchestration.errors import EntrepotError
from orchestration.landing import Release, land
from orchestration.settings import Settings
from orchestration.source import RawTable
from orchestration.spark import adapter, connection, register

TABLE = RawTable(name="sales", columns=("year", "value"), grain="One row per year.", unit="USD", release_lag_days=None)


def landed(at: Settings, **columns: list[str]) -> Release:
    day = date(2025, 1, 1)
    release = Release(
        source="agency",
        table="sales",
        url="",
        basis="",
        period_from=day,
        period_to=day,
        settled_through=day,
        settled_status="final",
        open_status="preliminary",
        published_from=day,
        published_to=day,
    )
    return land(at.landing, release, pa.table(columns))[0]


def test_a_column_without_a_value_is_text() -> None:
    rows = pd.DataFrame({"code": pd.Series([None, None], dtype=object), "count": [1, 2]})
    assert [str(kind) for kind in adapter._typed(rows).schema.types] == ["string", "int64"]
    assert str(adapter._typed(rows.iloc[:0]).schema.field("code").type) == "string"


def test_types_that_spark_cannot_read_are_stored_as_others() -> None:
    with duckdb.connect() as database:
        rows = database.sql("select sum(1) as total, cast('2025-01-01' as timestamp_ns) as known_from, 'x' as code")
        assert [str(kind) for kind in connection._stored(rows).types] == ["BIGINT", "TIMESTAMP", "VARCHAR"]


def test_a_file_without_a_column_that_staging_reads_is_refused(tmp_path: Path) -> None:
    at = Settings(home=tmp_path)
    whole, partial = landed(at, year=["2024"], value=["1"]), landed(at, year=["2024"])
    with duckdb.connect() as database:
        register._require_columns(database, at, [whole], TABLE)
        with pytest.raises(
            EntrepotError, match=r"agency/sales: .* lacks the column value; it has year\. .*Nothing was built"
        ):
            register._require_columns(database, at, [whole, partial], TABLE)


def test_the_ledger_says_of_a_release_what_the_loader_says(tmp_path: Path) -> None:
    at = Settings(home=tmp_path)
    release = landed(at, year=["2024"], value=["1"])
    entry = register._entry(at, release, release.known_from)
    assert set(entry) == set(register.LEDGER.names)
    assert (at.landing / str(entry["file_path"])).is_file()
    assert str(entry["release_id"]) == f"agency.sales.{Path(str(entry['file_path'])).stem}", "the raw view builds it so"
