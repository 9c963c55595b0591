"""A small made-up world, taken the whole way: written, loaded, built, then two months more, built both ways."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tests.benchmarks import world_by_hand
from tests.benchmarks.world import Books, Truth, World, latest_of, write_history, write_news
from tests.benchmarks.world_build import BUILT, dbt, measured, since, step

WORLD = World(rows=30_000)


@dataclass(frozen=True)
class Taken:
    """`changed` and `whole` hold the same landing files: one built what they changed, the other all anew."""

    history: Truth
    news: Truth
    first: Path
    script: Path
    changed: Path
    whole: Path


def write_one_more(landing: Path, printings: dict[int, list[int]], printing: int) -> Truth:
    """Months of a reporter that the world has not, each with the partners to which it exports; its import is always the same."""
    books = Books(WORLD, 0)
    books.reporter = next(number for number, iso in enumerate(books.iso) if iso == "ISL")
    is_import = books.good % 2 == 1
    exports, imports = np.flatnonzero(~is_import), np.flatnonzero(is_import)
    first = exports[np.unique(books.partner[exports], return_index=True)[1]]
    product_rows = total_rows = 0
    latest: list[dict[str, Any]] = []
    for month, partners in printings.items():
        traded = np.r_[first[partners], imports[0]]
        cents, known = np.full(len(traded), 1_000_00), books.known(month, printing)
        rows = books.product_rows(month, traded, cents, 1), books.total_rows(month, traded, cents)
        for table, printed in zip(("monthly_products", "monthly_trade"), rows, strict=True):
            books.keep(landing, table, month, month, known, printed)
        product_rows, total_rows = product_rows + rows[0].num_rows, total_rows + rows[1].num_rows
        latest += latest_of(books, month, traded, cents)
    return Truth(2 * len(printings), product_rows, total_rows, 0, 0, 0, pa.Table.from_pylist(latest))


@pytest.fixture(scope="session")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    home = tmp_path_factory.mktemp("world")
    month = WORLD.months - 6
    once_only = write_one_more(home / "landing", {month: [0, 1], month + 1: [0], month + 2: [0]}, printing=0)
    history = Truth.added([write_history(home / "landing", WORLD), once_only])
    step(home, "load", WORLD.rows)
    dbt(home, "seed")
    dbt(home, "run", *BUILT)
    dbt(
        home, "test", "--select", *(f"test_name:unique_grain,+{mart}" for mart in ("surplus_monthly", "sector_monthly"))
    )
    first = Path(shutil.copy(home / "warehouse.duckdb", home / "first.duckdb"))
    script = home / "script.duckdb"
    measured(home, [sys.executable, "-m", world_by_hand.__name__, str(script)])
    loaded_after = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
    # The one month in which a partner traded is taken back; another trades for the first time.
    news = Truth.added(
        [
            write_news(home / "landing", WORLD),
            write_one_more(home / "landing", {month: [0]}, printing=1),
            write_one_more(home / "landing", {WORLD.months: [0, 2]}, printing=0),
        ]
    )
    step(home, "load", WORLD.rows)
    dbt(home, "run", *BUILT, *since(loaded_after))
    changed = Path(shutil.copy(home / "warehouse.duckdb", home / "changed.duckdb"))
    dbt(home, "run", *BUILT)
    return Taken(history, news, first, script, changed, home / "warehouse.duckdb")


@pytest.fixture
def opened(taken: Taken) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # A view of a warehouse names its database, so that one that is asked for views stands here by that name.
        connection.execute(f"attach '{taken.first}' as warehouse (read_only)")
        for name in ("script", "changed", "whole"):
            connection.execute(f"attach '{getattr(taken, name)}' as {name} (read_only)")
        connection.register("latest", taken.history.latest)
        yield connection
