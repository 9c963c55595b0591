"""`docs/connect.md`: the settings it gives, on a small file."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import PROJECT

REFUSED = {
    "reading a file": "select * from read_csv('{folder}/secret.csv')",
    "listing files": "select * from glob('{folder}/*')",
    "writing a file": "copy (select 1) to '{folder}/out.csv'",
    "opening a database": "attach '{folder}/other.duckdb'",
    "giving itself more memory": "set memory_limit = '64GB'",
    "opening itself again": "set enable_external_access = true",
    "changing a figure": "update marts.surplus_monthly set balance_usd = 0",
}


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection of the page's Python block."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "serving" / "current"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "trade.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.surplus_monthly as select 1.5 as balance_usd")
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    (block,) = re.findall(
        r"^```python\n(.*?)^```", (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8"), re.M | re.S
    )
    names: dict[str, duckdb.DuckDBPyConnection] = {}
    exec(block, names)  # noqa: S102 - the page's own words
    with names["reader"] as connection:
        yield connection


def test_it_answers(reader: duckdb.DuckDBPyConnection) -> None:
    assert reader.execute("select count(*) from marts.surplus_monthly").fetchall() == [(1,)]


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(reader: duckdb.DuckDBPyConnection, tmp_path: Path, what: str) -> None:
    with pytest.raises(
        (duckdb.PermissionException, duckdb.InvalidInputException),
        match=r"disabled by configuration|has been locked|read-only mode",
    ):
        reader.execute(REFUSED[what].format(folder=tmp_path))
    assert not (tmp_path / "out.csv").exists()
