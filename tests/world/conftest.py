"""A small made-up world, taken the whole way: written, loaded, built, then two months more, built both ways."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks import world_by_hand
from tests.benchmarks.world import Truth, World, write_history, write_news
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


@pytest.fixture(scope="session")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    home = tmp_path_factory.mktemp("world")
    history = write_history(home / "landing", WORLD)
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
    news = write_news(home / "landing", WORLD)
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
