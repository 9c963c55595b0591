"""A later printing of one month, as a live fetch would land it: it adds a vintage, and what was known stays known."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration.landing import Release, land
from orchestration.settings import PROJECT

if TYPE_CHECKING:
    from tests.conftest import Built

ARCHIVED = PROJECT / "seeds" / "archive" / "kcs" / "country_totals_200001_202505.parquet"
RETRIEVED_AT = datetime(2025, 7, 15, 9, 0, tzinfo=UTC)
DAMAGED_AT = datetime(2025, 7, 20, 9, 0, tzinfo=UTC)
RAISED_BY = 1_000_000
UNREADABLE = {
    "year": "2025.05",
    "statCd": "Q7",
    "statCdCntnKor1": "?",
    "expDlr": "12 34",
    "impDlr": "0",
    "balPayments": "0",
}


def printing_of(retrieved_at: datetime) -> Release:
    return Release(
        source="kcs",
        table="country_totals",
        url="https://apis.data.go.kr/1220000/nationtrade/getNationtradeList?strtYymm=202505&endYymm=202505",
        basis="fetched by a test",
        period_from=date(2025, 5, 1),
        period_to=date(2025, 5, 1),
        settled_through=date(2024, 12, 1),
        settled_status="final",
        open_status="preliminary",
        retrieved_at=retrieved_at,
    )


def rows_of_may(*lacking: str) -> list[dict[str, str]]:
    """Exports to America raised, some partners gone, the total in the form of one month."""
    table = pq.read_table(ARCHIVED)
    printed: list[dict[str, str]] = table.filter(pc.equal(table["year"], "2025.05")).to_pylist()
    kept = [row for row in printed if row["statCd"] not in ("_TOTAL", *lacking)]
    for row in kept:
        if row["statCd"] == "US":
            row["expDlr"] = str(int(row["expDlr"]) + RAISED_BY)
    total = {"year": "총계", "statCd": "-", "statCdCntnKor1": "-", "balPayments": "0"}
    sums = {name: str(sum(int(row[name]) for row in kept)) for name in ("expDlr", "impDlr")}
    return [*kept, total | sums]


@pytest.fixture(scope="module")
def home(
    built: "Built",
    tmp_path_factory: pytest.TempPathFactory,
    entrepot: Callable[..., subprocess.CompletedProcess[str]],
) -> Path:
    home = shutil.copytree(built.home, tmp_path_factory.mktemp("second") / built.home.name, symlinks=True)
    later = {RETRIEVED_AT: rows_of_may("LU"), DAMAGED_AT: [*rows_of_may("LU", "IS"), UNREADABLE]}
    for moment, rows in later.items():
        _, is_new = land(home / "landing", printing_of(moment), pa.Table.from_pylist(rows))
        assert is_new
    answer = entrepot(home, "build")
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    return home


@pytest.fixture(scope="module")
def today(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "serving" / "current" / "trade.duckdb"), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


def exports_in_may(connection: duckdb.DuckDBPyConnection, partner: str, rows: str = "surplus_monthly") -> Any:
    found = connection.execute(
        f"select export_usd from {rows} where ledger_code = 'kcs' and partner_iso3 = ? and period_month = '2025-05-01'",
        [partner],
    ).fetchall()
    return found[0][0] if found else None


def test_a_changed_month_is_a_revision_known_from_the_moment_it_was_fetched(today: duckdb.DuckDBPyConnection) -> None:
    vintages = today.execute(
        """
        select vintage_number, change_kind, known_from, known_to, change_usd, is_latest from surplus_vintages
        where ledger_code = 'kcs' and partner_iso3 = 'USA' and flow_code = 'export' and period_month = '2025-05-01'
        order by vintage_number
        """
    ).fetchall()
    first, fetched = datetime(2025, 6, 20), RETRIEVED_AT.replace(tzinfo=None)  # noqa: DTZ001
    assert vintages == [
        (1, "first", first, fetched, None, False),
        (2, "revision", fetched, None, RAISED_BY, True),
    ]


def test_the_day_before_the_fetch_knows_the_old_figure_and_the_day_itself_the_new(
    today: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    old = exports_in_may(published, "USA")
    assert exports_in_may(today, "USA", "surplus_as_of(date '2025-07-14')") == old
    assert exports_in_may(today, "USA", "surplus_as_of(date '2025-07-15')") == old + RAISED_BY
    assert exports_in_may(today, "USA") == old + RAISED_BY


def test_a_partner_that_the_later_printing_lacks_is_taken_back_from_then_on(
    today: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    kinds = today.execute(
        """
        select flow_code, change_kind, value_usd from surplus_vintages
        where ledger_code = 'kcs' and partner_iso3 = 'LUX' and period_month = '2025-05-01' and vintage_number = 2
        order by 1
        """
    ).fetchall()
    assert kinds == [("export", "withdrawal", None), ("import", "withdrawal", None)]
    assert exports_in_may(published, "LUX") > 0
    assert exports_in_may(today, "LUX", "surplus_as_of(date '2025-07-14')") == exports_in_may(published, "LUX")
    assert exports_in_may(today, "LUX", "surplus_as_of(date '2025-07-15')") is None
    assert exports_in_may(today, "LUX") is None


def test_a_printing_with_a_line_that_does_not_parse_takes_no_partner_back(
    today: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    assert exports_in_may(today, "ISL") == exports_in_may(published, "ISL")


def test_figures_that_did_not_change_have_no_second_vintage(today: duckdb.DuckDBPyConnection) -> None:
    changed = today.execute(
        "select distinct partner_iso3 from surplus_vintages where ledger_code = 'kcs' and known_from >= '2025-07-01'"
    ).fetchall()
    assert sorted(partner for (partner,) in changed) == ["LUX", "USA", "WLD"]


def test_a_row_that_does_not_parse_is_in_quarantine_with_its_file_and_the_reason(
    home: Path, today: duckdb.DuckDBPyConnection
) -> None:
    rows = today.execute(
        "select source_name, table_name, raw_record, quarantine_reason, file_path from quarantine"
    ).fetchall()
    assert len(rows) == 1
    source, table, record, reason, file = rows[0]
    assert (source, table, reason) == ("kcs", "country_totals", "the export value does not parse")
    assert "statCd=Q7" in record or "statcd=Q7" in record
    assert "12 34" in record
    assert (home / "landing" / file).is_file()


def test_health_counts_the_printing_and_the_row_set_aside(
    home: Path, today: duckdb.DuckDBPyConnection, entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    row = today.execute(
        """
        select release_count, quarantined_row_count, totals_unequal_count, totals_compared_count from data_health
        where source_name = 'kcs' and table_name = 'country_totals'
        """
    ).fetchall()
    assert row == [(3, 1, 0, 614)]
    line = next(line for line in entrepot(home, "status").stdout.splitlines() if line.startswith("kcs.country_totals"))
    held = 68_578 + len(rows_of_may("LU")) + len(rows_of_may("LU", "IS")) + 1
    assert line.split()[4:] == ["3", f"{held:,}", "1", "0"]


def test_the_release_before_is_kept_and_still_says_what_it_said(
    built: "Built", home: Path, published: duckdb.DuckDBPyConnection
) -> None:
    before = (built.home / "serving" / "current").readlink().name
    kept = sorted(path.name for path in (home / "serving" / "releases").iterdir())
    assert len(kept) == 2
    assert kept[0] == before
    with duckdb.connect(str(home / "serving" / "releases" / before / "trade.duckdb"), read_only=True) as old:
        old.execute("use marts")
        assert exports_in_may(old, "USA") == exports_in_may(published, "USA")
