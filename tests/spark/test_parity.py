"""One smaller archive, built by DuckDB and by Spark: every mart is the same, row for row.

`make spark-parity` starts a cluster of its own on free ports and ends it. With `--home` it looks at a home in which
`entrepot build` and `entrepot build --force --target spark` have both run.
"""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing.release import Mart, current
from tests.conftest import environment
from tests.spark.parity import compared

MOST_SECONDS = 7200


@pytest.fixture(scope="session")
def home(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    trimmed_archive: Path,
    entrepot: Callable[..., subprocess.CompletedProcess[str]],
) -> Iterator[Path]:
    given: Path | None = request.config.getoption("--home")
    if given is not None:
        yield given.resolve()
        return
    folder = tmp_path_factory.mktemp("spark") / "home"
    folder.mkdir()
    ours = entrepot(folder, "build", ENTREPOT_ARCHIVE=str(trimmed_archive))
    assert ours.returncode == 0, f"{ours.stdout}\n{ours.stderr}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    set_to = environment(folder, ENTREPOT_ARCHIVE=str(trimmed_archive), ENTREPOT_SPARK__PORT=port)
    cluster = [sys.executable, "-m", "orchestration.spark.cluster"]
    try:
        subprocess.run([*cluster, "up"], env=set_to, check=True)
        command = Path(sys.executable).with_name("entrepot")
        subprocess.run([command, "build", "--force", "--target", "spark"], env=set_to, check=True, timeout=MOST_SECONDS)
        yield folder
    finally:
        subprocess.run([*cluster, "down"], env=set_to, check=True)


def marts(home: Path) -> list[Mart]:
    publication = current(home / "serving")
    assert publication is not None
    return [Mart(name, tuple(publication.grains.get(name, ()))) for name in publication.marts if name != "publication"]


def test_every_mart_has_the_same_rows(home: Path) -> None:
    found = [compared(home / "warehouse.duckdb", home / "spark" / "warehouse.duckdb", mart) for mart in marts(home)]
    for mart in found:
        print(f"{mart.mart:<28} {mart.rows:>9,} rows, {mart.alone} alone, {mart.columns or 'none differ'}")  # noqa: T201
    assert [mart for mart in found if not mart.is_equal] == []
    assert sum(mart.rows for mart in found) > 10_000


def test_a_missing_row_a_changed_cent_and_a_lost_value_are_found(home: Path, tmp_path: Path) -> None:
    theirs = Path(shutil.copy(home / "spark" / "warehouse.duckdb", tmp_path / "spark.duckdb"))
    with duckdb.connect(str(theirs)) as database:
        last = "(select max(period_month) from marts.surplus_monthly where export_usd is not null)"
        first = "(select min(period_month) from marts.surplus_monthly where export_usd is not null)"
        database.execute(f"update marts.surplus_monthly set export_usd = export_usd + 0.01 where period_month = {last}")
        database.execute(f"update marts.surplus_monthly set balance_yoy_pct = null where period_month = {last}")
        database.execute(f"delete from marts.surplus_monthly where period_month = {first}")
    [mart] = [mart for mart in marts(home) if mart.name == "surplus_monthly"]
    found = compared(home / "warehouse.duckdb", theirs, mart)
    assert found.alone > 0
    assert found.columns["export_usd"] > 0
    assert found.columns["balance_yoy_pct"] > 0
