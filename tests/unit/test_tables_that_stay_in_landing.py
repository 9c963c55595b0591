"""A raw table that is read where it landed: of the ledger's files alone, whole, wherever the home lies."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.errors import EntrepotError
from orchestration.landing import Release, land
from orchestration.source import RawTable, Source
from orchestration.warehouse import load

TABLE = RawTable("flows", ("month", "usd"), "One row per month.", "USD", 15, stays_in_landing=True)
COPIED = replace(TABLE, stays_in_landing=False)
SOURCE = Source("world", "A publisher", "https://example.org/", "free", (TABLE,))
JANUARY = Release(
    source="world",
    table="flows",
    url="https://example.org/flows",
    basis="made by a test",
    period_from=date(2025, 1, 1),
    period_to=date(2025, 1, 1),
    settled_through=date(2025, 1, 1),
    settled_status="final",
    open_status="preliminary",
    published_from=date(2025, 3, 14),
    published_to=date(2025, 3, 15),
)


def printed(home: Path, day: int, **columns: list[str]) -> Release:
    release = replace(JANUARY, published_to=date(2025, 4, day))
    return land(home / "landing", release, pa.table(columns))[0]


def loaded(home: Path, table: RawTable = TABLE) -> int:
    return load(home / "warehouse.duckdb", home / "landing", SOURCE, table).added


def held(home: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        query = "select month, usd, _release_id, _known_from, _row_number from world.flows order by all"
        return warehouse.execute(query).fetchall()


def kind(home: Path) -> str:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        query = "select table_type from information_schema.tables where table_schema = 'world'"
        ((found,),) = warehouse.execute(query).fetchall()
        return str(found)


def test_it_exists_before_anything_landed(tmp_path: Path) -> None:
    assert loaded(tmp_path) == 0
    assert held(tmp_path) == []


def test_it_has_the_rows_that_a_copy_would_have(tmp_path: Path) -> None:
    for home, table in ((tmp_path / "landed", TABLE), (tmp_path / "copied", COPIED)):
        printed(home, 1, month=["2025-01", "2025-02"], usd=["7", "x"])
        printed(home, 2, usd=["8"], month=["2025-01"], more=["a column that came later"])
        assert loaded(home, table) == 2
    assert held(tmp_path / "landed") == held(tmp_path / "copied")
    assert len(held(tmp_path / "landed")) == 3
    assert (kind(tmp_path / "landed"), kind(tmp_path / "copied")) == ("VIEW", "BASE TABLE")


def test_a_file_shows_no_row_before_it_is_in_the_ledger(tmp_path: Path) -> None:
    printed(tmp_path, 1, month=["2025-01"], usd=["7"])
    assert loaded(tmp_path) == 1
    before = held(tmp_path)
    printed(tmp_path, 2, month=["2025-01"], usd=["8"])
    assert held(tmp_path) == before
    assert loaded(tmp_path) == 1
    assert len(held(tmp_path)) == 2


def test_a_release_that_lacks_a_column_is_refused_and_shows_no_row(tmp_path: Path) -> None:
    printed(tmp_path, 1, month=["2025-01"], usd=["7"])
    loaded(tmp_path)
    printed(tmp_path, 2, month=["2025-01"], dollars=["8"])
    with pytest.raises(EntrepotError, match="lacks the column usd"):
        loaded(tmp_path)


def test_a_file_that_is_gone_stops_the_load_and_is_named(tmp_path: Path) -> None:
    release = printed(tmp_path, 1, month=["2025-01"], usd=["7"])
    printed(tmp_path, 2, month=["2025-01"], usd=["8"])
    loaded(tmp_path)
    release.path(tmp_path / "landing").unlink()
    with pytest.raises(EntrepotError, match=rf"missing, the first {release.path(tmp_path / 'landing')}\. .*verify"):
        loaded(tmp_path)


@pytest.mark.parametrize("name", ["moved", "with 'quotes' and [brackets]*"])
def test_a_home_that_moved_is_read_where_it_lies_now(tmp_path: Path, name: str) -> None:
    first = tmp_path / "first"
    printed(first, 1, month=["2025-01"], usd=["7"])
    loaded(first)
    there = held(first)
    moved = tmp_path / name
    shutil.move(first, moved)
    assert loaded(moved) == 0
    assert held(moved) == there
    assert len(there) == 1


def test_what_was_copied_by_an_earlier_version_is_read_where_it_landed(tmp_path: Path) -> None:
    printed(tmp_path, 1, month=["2025-01"], usd=["7"])
    loaded(tmp_path, COPIED)
    copied = held(tmp_path)
    assert loaded(tmp_path) == 0
    assert (held(tmp_path), kind(tmp_path)) == (copied, "VIEW")


def test_a_filter_by_release_opens_no_other_file(tmp_path: Path) -> None:
    release = printed(tmp_path, 1, month=["2025-01"], usd=["7"])
    other = printed(tmp_path, 2, month=["2025-01"], usd=["8"])
    loaded(tmp_path)
    other.path(tmp_path / "landing").write_bytes(b"not Parquet")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as warehouse:
        query = f"select usd from world.flows where _release_id in ('{release.release_id}')"
        assert warehouse.execute(query).fetchall() == [("7",)]
