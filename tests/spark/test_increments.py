"""Releases that came since the last build, built by Spark alone: the tables are those of a whole build, row for row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import releases
from orchestration.settings import settings
from orchestration.spark.connection import connected
from tests.benchmarks.world import World, write_history, write_news
from tests.benchmarks.world_build import BUILT, SECTOR, SURPLUS, dbt, differing, step
from tests.benchmarks.world_on_spark import on_cluster, running

WORLD = World(50_000)
SERIES = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "product_kind", "product_code", "period_month"]
TABLES = {
    "marts.surplus_monthly": SURPLUS,
    "marts.sector_monthly": SECTOR,
    "intermediate.int_release_months": ["release_id", "reporter_iso3", "flow_code", "period_month", "valuation"],
    "intermediate.int_rejected_rows": ["release_id", "row_number"],
    "intermediate.int_product_restatements": [*SERIES, "known_from"],
    "intermediate.int_sector_products": ["product_kind", "product_code", "scheme_code", "sector_code"],
    "intermediate.int_sector_reports": SECTOR,
}
# The news brings no broken row and no code that was never seen.
UNMOVED = {"intermediate.int_rejected_rows", "intermediate.int_sector_products"}


@dataclass(frozen=True)
class Taken:
    """Databases of what Spark made before the news came and after, and DuckDB's whole build after."""

    first: Path
    changed: Path
    whole: Path


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    home = tmp_path_factory.mktemp("increments")
    write_history(home / "landing", WORLD)
    with running(home), pytest.MonkeyPatch.context() as environment:
        environment.setenv("ENTREPOT_INCREMENTAL", "1")
        for name in ("register", "build in Spark"):
            on_cluster(home, name)
        first = fetched(home, "first")
        write_news(home / "landing", WORLD)
        on_cluster(home, "register")
        with unreadable_but_news(home / "landing"):
            on_cluster(home, "build in Spark")
        changed = fetched(home, "changed")
    step(home, "load", WORLD.rows)
    dbt(home, "seed")
    dbt(home, "run", *BUILT)
    return Taken(first, changed, home / "warehouse.duckdb")


@contextmanager
def unreadable_but_news(landing: Path) -> Iterator[None]:
    """Products of all months but those of which news tells, made unreadable for a while."""
    changed = {WORLD.month(WORLD.months), WORLD.month(WORLD.months - 6)}
    found = [
        release for release in releases(landing, "comtrade", "monthly_products") if release.period_from not in changed
    ]
    held = {release.path(landing): release.path(landing).read_bytes() for release in found}
    assert len(held) > WORLD.reporters * (WORLD.months - 2)
    for path in held:
        path.chmod(0o644)
        path.write_bytes(b"not Parquet")
    yield
    for path, content in held.items():
        path.write_bytes(content)


def fetched(home: Path, name: str) -> Path:
    file = home / f"{name}.duckdb"
    at = settings().model_copy(update={"home": home})
    with connected(at.spark, at.spark_home) as spark, duckdb.connect(str(file)) as database:
        for table in TABLES:
            database.execute(f"create schema if not exists {table.partition('.')[0]}")
            spark.fetch(table, database).create(table)
    return file


@pytest.fixture
def opened(taken: Taken) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # A view of a warehouse names its database.
        connection.execute(f"attach '{taken.whole}' as warehouse (read_only)")
        for name in ("first", "changed"):
            connection.execute(f"attach '{getattr(taken, name)}' as {name} (read_only)")
        yield connection


@pytest.mark.parametrize("table", TABLES)
def test_what_changed_is_built_to_the_same_as_all_anew(table: str, opened: duckdb.DuckDBPyConnection) -> None:
    ((rows,),) = opened.execute(f"select count(*) from warehouse.{table}").fetchall()
    print(f"{table:<45} {rows:>9,} rows")  # noqa: T201
    assert rows > 0
    assert differing(opened, f"warehouse.{table}", f"changed.{table}", TABLES[table]) == 0


@pytest.mark.parametrize("table", [table for table in TABLES if table not in UNMOVED])
def test_without_what_came_the_comparison_fails(table: str, opened: duckdb.DuckDBPyConnection) -> None:
    assert differing(opened, f"warehouse.{table}", f"first.{table}", TABLES[table]) > 0
