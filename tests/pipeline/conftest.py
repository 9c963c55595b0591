"""The published file, as an analyst opens it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest

if TYPE_CHECKING:
    from tests.conftest import Built


@pytest.fixture(scope="session")
def published(built: "Built") -> Iterator[duckdb.DuckDBPyConnection]:
    """Read-only; the schema needs no prefix, as under `entrepot query`."""
    path = built.home / "serving" / "current" / "trade.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("use marts")
        yield connection
