"""A module in `orchestration/sources/` is a source; nothing else lists it."""

import re
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketBlockedError

from orchestration import source, sources
from orchestration.errors import EntrepotError
from orchestration.settings import PROJECT
from orchestration.source import RawTable, Source, discover

SOURCES = {found.name: found for found in discover()}
TABLES = [pytest.param(table, id=f"{found.name}.{table.name}") for found in SOURCES.values() for table in found.tables]


def test_every_module_is_found_as_a_source_of_its_own_name() -> None:
    modules = {path.stem for path in (PROJECT / "orchestration" / "sources").glob("*.py")} - {"__init__"}
    assert modules >= {"kcs", "census", "ecb", "fred", "policy_rates"}
    assert [found.name for found in discover()] == sorted(modules)


def test_a_new_module_is_a_source_without_being_listed_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zollamt.py").write_text(
        "from orchestration.source import Source\n"
        'SOURCE = Source(name="zollamt", publisher="Zollamt", homepage="https://example.org/", licence="free")\n'
    )
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    assert [found.name for found in source.discover()] == sorted([*SOURCES, "zollamt"])


@pytest.mark.parametrize("found", [pytest.param(found, id=name) for name, found in SOURCES.items()])
def test_a_source_says_who_publishes_it_where_and_on_what_terms(found: Source) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", found.name)
    assert found.publisher
    assert found.licence
    assert found.homepage.startswith("https://")
    assert found.tables


@pytest.mark.parametrize("found", [pytest.param(found, id=name) for name, found in SOURCES.items()])
def test_no_two_tables_of_a_source_share_a_name(found: Source) -> None:
    names = [table.name for table in found.tables]
    assert len(names) == len(set(names))
    assert [found.table(name) for name in names] == list(found.tables)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_its_grain_first_and_its_unit(table: RawTable) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", table.name)
    assert table.grain.startswith("One row per ")
    assert table.grain.endswith(".")
    assert re.fullmatch(r"(thousand |million )?USD|currency per EUR|percent a year|unit of the series|text", table.unit)
    assert 0 < (1 if table.release_lag_days is None else table.release_lag_days) < 100


def test_a_table_that_a_source_has_not_is_told_with_those_it_has() -> None:
    with pytest.raises(EntrepotError, match="Source ecb has no table 'rates'"):
        SOURCES["ecb"].table("rates")


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_a_unit_test_cannot_reach_the_network() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
