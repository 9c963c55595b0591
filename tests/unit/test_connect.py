"""`docs/connect.md`: the settings it gives, on a small file, and the versions it names."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


PAGE = (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8")


def block(heading: str) -> str:
    """The one piece of Python under a heading of the page."""
    parts = re.split(r"^#+ (.+)$", PAGE, flags=re.M)
    (found,) = re.findall(r"```python\n(.*?)```", dict(zip(parts[1::2], parts[2::2], strict=True))[heading], re.S)
    return str(found)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """What the page's Python answers to a question of ours."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "serving" / "current"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "trade.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.surplus_monthly as select 1.5 as balance_usd")
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    names: dict[str, Any] = {}
    exec(block("A reader that can do nothing else"), names)  # noqa: S102 - the page's own words

    def answer(question: str) -> Any:
        told = names | {"question": question}
        exec(block("Python"), told)  # noqa: S102
        return told["answer"]

    return answer


def test_it_answers(ask: Callable[[str], Any]) -> None:
    assert ask("select count(*) from marts.surplus_monthly") == [(1,)]


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(ask: Callable[[str], Any], tmp_path: Path, what: str) -> None:
    with pytest.raises(
        (duckdb.PermissionException, duckdb.InvalidInputException),
        match=r"disabled by configuration|has been locked|read-only mode",
    ):
        ask(REFUSED[what].format(folder=tmp_path))
    assert not (tmp_path / "out.csv").exists()


def test_the_page_names_the_versions_that_are_tested() -> None:
    locks = {path.stem: path.read_text(encoding="utf-8") for path in (PROJECT / "tests" / "drivers").glob("*.lock")}
    table = re.findall(r"^\|(?!---).*$", PAGE, re.M)
    named = set(re.findall(r"`([a-z-]+)` ([\d.]+)", "\n".join(table)))
    locked = {pair for lock in locks.values() for pair in re.findall(r"^([a-z-]+)==([\d.]+)", lock, re.M)}
    assert len(named) > 8
    assert named - locked == set()
    assert re.findall(r"DuckDB ([\d.]+) \|", table[0]) == sorted(
        version for name, version in locked if name == "duckdb"
    )
