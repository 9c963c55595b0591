"""A later printing of one month, as a live fetch would land it: it adds a vintage, and what was known stays known."""

import subprocess
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from .changes import RAISED_BY, RETRIEVED_AT, rows_of_may

if TYPE_CHECKING:
    from tests.conftest import Built


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
    changed: "Built", today: duckdb.DuckDBPyConnection
) -> None:
    rows = today.execute(
        "select source_name, table_name, raw_record, quarantine_reason, file_path from quarantine where source_name <> 'inbox'"
    ).fetchall()
    assert len(rows) == 1
    source, table, record, reason, file = rows[0]
    assert (source, table, reason) == ("kcs", "country_totals", "the export value does not parse")
    assert "statCd=Q7" in record or "statcd=Q7" in record
    assert "12 34" in record
    assert (changed.home / "landing" / file).is_file()


def test_health_counts_the_printing_and_the_row_set_aside(
    changed: "Built", today: duckdb.DuckDBPyConnection, entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    row = today.execute(
        """
        select release_count, quarantined_row_count, totals_unequal_count, totals_compared_count from data_health
        where source_name = 'kcs' and table_name = 'country_totals'
        """
    ).fetchall()
    assert row == [(3, 1, 0, 614)]
    line = next(
        line for line in entrepot(changed.home, "status").stdout.splitlines() if line.startswith("kcs.country_totals")
    )
    held = 68_578 + len(rows_of_may("LU")) + len(rows_of_may("LU", "IS")) + 1
    assert line.split()[4:] == ["3", f"{held:,}", "1", "0"]


def test_the_release_before_is_kept_and_still_says_what_it_said(
    built: "Built", changed: "Built", published: duckdb.DuckDBPyConnection
) -> None:
    before = (built.home / "serving" / "current").readlink().name
    kept = sorted(path.name for path in (changed.home / "serving" / "releases").iterdir())
    assert len(kept) == 2
    assert kept[0] == before
    with duckdb.connect(str(changed.home / "serving" / "releases" / before / "trade.duckdb"), read_only=True) as old:
        old.execute("use marts")
        assert exports_in_may(old, "USA") == exports_in_may(published, "USA")
