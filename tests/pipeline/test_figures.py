"""The figures that the two countries published come out of the bundled releases."""

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

SUPERSEDED = {
    "kr_us_b_2024_p": Decimal("-0.070934026"),
    "kr_world_b_2023_p": Decimal("-0.376302203"),
    "kr_world_b_2024_p": Decimal("0.072279"),
    "kr_world_m_2024_p": Decimal("-0.222791"),
    "kr_world_x_2024_p": Decimal("-0.150512"),
    "us_kr_b_2013": Decimal("-0.051725"),
    "us_kr_m_2017_usitc": Decimal("0.216538"),
    "us_kr_x_2017_usitc": Decimal("0.056287"),
    "us_kr_x_2020": Decimal("-0.239795"),
}


def year(published: duckdb.DuckDBPyConnection, ledger: str, partner: str, number: int) -> dict[str, Any]:
    found = published.execute(
        "from surplus_annual where ledger_code = ? and partner_iso3 = ? and year = ?", [ledger, partner, number]
    )
    names = [column[0] for column in found.description]
    (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))


def millions(dollars: Decimal) -> int:
    return int((dollars / 1_000_000).quantize(Decimal(1)))


def balance_as_of(published: duckdb.DuckDBPyConnection, day: str, number: int) -> int:
    """America's balance with Korea of one year, in millions, as known at the end of that day."""
    return millions(
        published.execute(
            "select sum(balance_usd) from surplus_as_of(cast(? as date)) "
            "where ledger_code = 'census' and partner_iso3 = 'KOR' and year(period_month) = ?",
            [day, number],
        ).fetchall()[0][0]
    )


def test_koreas_surplus_with_america_in_2024_is_55_629_million(published: duckdb.DuckDBPyConnection) -> None:
    row = year(published, "kcs", "USA", 2024)
    assert (millions(row["export_usd"]), millions(row["import_usd"]), millions(row["balance_usd"])) == (
        127_761,
        72_132,
        55_629,
    )
    assert millions(year(published, "kcs", "USA", 2023)["balance_usd"]) == 44_424
    assert round(row["balance_yoy_pct"], 1) == 25.2


def test_that_surplus_is_a_record_which_revisions_do_not_endanger(published: duckdb.DuckDBPyConnection) -> None:
    row = year(published, "kcs", "USA", 2024)
    assert row["balance_rank"] == 1
    assert row["is_balance_record_high"]
    assert not row["is_balance_record_fragile"]
    assert row["balance_record_margin_usd"] > 100 * row["balance_typical_revision_usd"]


def test_koreas_exports_of_2024_are_a_record_that_a_usual_revision_could_undo(
    published: duckdb.DuckDBPyConnection,
) -> None:
    row = year(published, "kcs", "WLD", 2024)
    assert millions(row["balance_usd"]) == 51_842
    assert millions(row["export_usd"]) == 683_609
    assert millions(year(published, "kcs", "WLD", 2022)["export_usd"]) == 683_585
    assert millions(row["export_record_margin_usd"]) == 25
    assert row["is_export_record_high"]
    assert row["is_export_record_fragile"]


def test_americas_own_book_says_65_967_million_for_2024(published: duckdb.DuckDBPyConnection) -> None:
    assert millions(year(published, "census", "KOR", 2024)["balance_usd"]) == -65_967


@pytest.mark.parametrize(
    ("day", "number", "balance"),
    [("2023-04-15", 2021, -28_976), ("2023-04-15", 2022, -43_868), ("today", 2021, -29_296), ("today", 2022, -43_263)],
)
def test_a_year_is_what_it_was_known_to_be_on_the_day(
    published: duckdb.DuckDBPyConnection, day: str, number: int, balance: int
) -> None:
    known = date.today().isoformat() if day == "today" else day  # noqa: DTZ011
    assert balance_as_of(published, known, number) == balance


def test_before_the_first_printing_nothing_is_known(published: duckdb.DuckDBPyConnection) -> None:
    (first,) = published.execute("select min(known_from) from surplus_vintages").fetchall()[0]
    known = "select count(*) from surplus_as_of(cast(? as date))"
    assert published.execute(known, ["2022-06-19"]).fetchall() == [(0,)]
    assert published.execute(known, [first.date().isoformat()]).fetchall()[0][0] > 0
    on_that_day = "select distinct ledger_code, partner_iso3 from surplus_as_of(date '2022-06-20')"
    assert published.execute(on_that_day).fetchall() == [("kcs", "WLD")]


def test_partners_add_up_to_the_world_to_the_dollar_in_every_korean_month(
    published: duckdb.DuckDBPyConnection,
) -> None:
    months = published.execute(
        """
        select
            period_month,
            sum(case when partner_iso3 = 'WLD' then -export_usd else export_usd end),
            sum(case when partner_iso3 = 'WLD' then -import_usd else import_usd end)
        from surplus_monthly where ledger_code = 'kcs' group by all
        """
    ).fetchall()
    assert len(months) == 305
    assert [month for month in months if month[1:] != (0, 0)] == []


def test_the_mirror_of_2024_names_the_parts_of_the_gap_between_the_two_books(
    published: duckdb.DuckDBPyConnection,
) -> None:
    rows = published.execute(
        """
        select exporter_iso3, exporter_value_usd, importer_value_usd, gap_usd, valuation_part_usd, residual_usd,
               exporter_balance_usd, importer_balance_usd, balance_discrepancy_usd
        from surplus_mirror where frequency_code = 'year' and period_start = date '2024-01-01' order by exporter_iso3
        """
    ).fetchall()
    korean, american = ([figure and millions(figure) for figure in row[1:]] for row in rows)
    assert [row[0] for row in rows] == ["KOR", "USA"]
    assert korean == [127_761, 131_553, 3_792, 0, 3_792, 55_629, -65_967, -10_338]
    assert american == [65_586, 72_132, 6_546, None, 6_546, -65_967, 55_629, -10_338]
    assert korean[2] + american[2] == 10_338


def test_every_gap_of_the_mirror_is_the_sum_of_its_parts(published: duckdb.DuckDBPyConnection) -> None:
    off = published.execute(
        """
        from surplus_mirror where
            gap_usd <> importer_value_usd - exporter_value_usd
            or gap_usd <> coalesce(valuation_part_usd, 0) + residual_usd
            or balance_discrepancy_usd <> exporter_balance_usd + importer_balance_usd
        """
    ).fetchall()
    assert off == []


def test_no_published_figure_is_contradicted(published: duckdb.DuckDBPyConnection) -> None:
    statuses = dict(
        published.execute("select check_status, count(*) from published_figure_checks group by all").fetchall()
    )
    assert set(statuses) <= {"matches", "superseded", "explained", "not_held"}
    assert statuses["matches"] >= 28
    unexplained = "from published_figure_checks where check_status = 'explained' and explanation is null"
    assert published.execute(unexplained).fetchall() == []


def test_figures_that_a_later_printing_replaced_are_listed_with_the_difference(
    published: duckdb.DuckDBPyConnection,
) -> None:
    rows = published.execute(
        "select figure_id, difference_value, vintage_code from published_figure_checks where check_status = 'superseded'"
    ).fetchall()
    assert {vintage for *_, vintage in rows} <= {"preliminary", "first"}
    assert {figure: round(difference, 6) for figure, difference, _ in rows} == {
        figure: round(difference, 6) for figure, difference in SUPERSEDED.items()
    }
