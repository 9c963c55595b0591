"""The published file, as an analyst opens it; and as it is after a second build, of what came since the first."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from .changes import bring_files, land_later_printings

if TYPE_CHECKING:
    from tests.conftest import Built


def marts_of(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Read-only; the schema needs no prefix, as under `entrepot query`."""
    with duckdb.connect(str(home / "serving" / "current" / "trade.duckdb"), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


@pytest.fixture(scope="session")
def published(built: "Built") -> Iterator[duckdb.DuckDBPyConnection]:
    yield from marts_of(built.home)


@pytest.fixture(scope="session")
def changed(built: "Built", built_once: Callable[[str, Callable[[Path], None]], "Built"]) -> "Built":
    """One build for the tests of later printings and those of the inbox: a whole build is the dearest thing here."""

    def prepare(home: Path) -> None:
        shutil.copytree(built.home, home, symlinks=True)
        land_later_printings(home)
        bring_files(home)

    return built_once("second", prepare)


@pytest.fixture(scope="session")
def today(changed: "Built") -> Iterator[duckdb.DuckDBPyConnection]:
    yield from marts_of(changed.home)
