"""Figures of sectors that must come out of the bundled releases, and marts of sectors counted again in NumPy and pandas."""

from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest

MARCH_2025_CARS_AND_PARTS = 7_564_553_022


def rows(published: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    return published.execute(sql, list(values)).fetchall()


def billions(dollars: Decimal) -> float:
    return round(float(dollars) / 1e9, 2)


def test_americas_imports_from_korea_rose_by_15_billion_in_2024_and_cars_drove_it(
    published: duckdb.DuckDBPyConnection,
) -> None:
    drivers = rows(
        published,
        """
        select sector_code, value_change_usd, change_rank from surplus_drivers
        where ledger_code = 'census' and partner_iso3 = 'KOR' and flow_code = 'import' and scheme_code = 'hs_chapter'
          and comparison_code = 'year_on_year' and period_start = '2024-01-01'
        order by change_rank
        """,
    )
    assert billions(sum((change for _, change, _ in drivers), Decimal(0))) == 15.24
    assert [(code, billions(change), rank) for code, change, rank in drivers[:4]] == [
        ("87", 6.95, 1),
        ("84", 5.26, 2),
        ("30", 1.19, 3),
        ("85", 1.03, 4),
    ]
    shares = rows(
        published,
        """
        select round(growth_share, 3), round(balance_contribution_usd / 1e9, 2) from surplus_drivers
        where ledger_code = 'census' and partner_iso3 = 'KOR' and scheme_code = 'hs_chapter' and sector_code = '87'
          and comparison_code = 'year_on_year' and period_start = '2024-01-01'
        """,
    )
    assert shares == [(0.456, -6.95)]


@pytest.mark.parametrize(
    ("sector", "expected"),
    [
        ("8703+8708", {2023: 39.14, 2024: 41.77, 2025: 36.72}),
        ("850760", {2023: 4.15, 2024: 2.99, 2025: 2.57}),
        ("3304", {2023: 1.02, 2024: 1.55, 2025: 1.75}),
    ],
)
def test_koreas_exports_to_america_by_set(
    published: duckdb.DuckDBPyConnection, sector: str, expected: dict[int, float]
) -> None:
    found = rows(
        published,
        """
        select year, value_usd from sector_annual
        where ledger_code = 'kcs' and partner_iso3 = 'USA' and flow_code = 'export' and scheme_code = 'kcs_set'
          and sector_code = ? and year between 2023 and 2025
        """,
        sector,
    )
    assert {year: billions(value) for year, value in found} == expected


def test_in_koreas_own_book_cars_did_not_drive_it(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select sector_code, change_rank, level_rank, value_change_usd from surplus_drivers
        where ledger_code = 'kcs' and partner_iso3 = 'USA' and flow_code = 'export' and scheme_code = 'kcs_set'
          and comparison_code = 'year_on_year' and period_start = '2024-01-01' and change_rank <= 2
        order by change_rank
        """,
    )
    assert [(code, rank, level, billions(change)) for code, rank, level, change in found] == [
        ("other", 1, 1, 10.68),
        ("8703+8708", 2, 2, 2.63),
    ]


def test_two_sources_agree_on_cars_and_parts_of_march_2025(published: duckdb.DuckDBPyConnection) -> None:
    from_sets = rows(
        published,
        """
        select value_usd from sector_monthly
        where ledger_code = 'kcs' and partner_iso3 = 'WLD' and flow_code = 'export' and scheme_code = 'kcs_set'
          and sector_code = '8703+8708' and period_month = '2025-03-01'
        """,
    )
    from_subheadings = rows(
        published,
        """
        select sum(value_usd) from product_ranking
        where ledger_code = 'kcs' and hs_level = 4 and product_code in ('8703', '8708')
          and frequency_code = 'month' and period_start = '2025-03-01'
        """,
    )
    assert from_sets == from_subheadings == [(MARCH_2025_CARS_AND_PARTS,)]


def test_where_no_total_is_held_the_rest_is_unknown_and_not_nothing(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select
            period_month > '2025-05-01', count(*) > 0, count(value_usd) > 0, count(sector_share) > 0, count(contribution_pp) > 0
        from sector_monthly
        where ledger_code = 'kcs' and partner_iso3 = 'USA' and flow_code = 'export' and scheme_code = 'kcs_set'
          and sector_code = 'other'
        group by all order by all
        """,
    )
    assert found == [(False, True, True, True, True), (True, True, False, False, False)]


def test_what_is_mapped_is_said(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select year, round(mapped_coverage_share, 3) from sector_annual
        where ledger_code = 'kcs' and partner_iso3 = 'USA' and flow_code = 'export' and scheme_code = 'kcs_set'
          and sector_code = 'other' and mapped_coverage_share is not null
        order by year
        """,
    )
    assert found == [(2019, 0.345), (2020, 0.333), (2021, 0.317), (2022, 0.358), (2023, 0.427), (2024, 0.398)]


def test_chapters_are_the_whole_of_americas_imports(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select scheme_code, count(*) > 5000, max(abs(value_usd)), min(mapped_coverage_share), max(mapped_coverage_share)
        from sector_monthly where ledger_code = 'census' and sector_code = 'other' and mapped_coverage_share is not null
        group by all order by all
        """,
    )
    assert found == [("hs_chapter", True, 0, 1, 1), ("hs_section", True, 0, 1, 1)]


def test_cars_to_america_fell_in_unit_value_more_than_in_weight(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select sum(price_effect_usd) / 1e9, sum(volume_effect_usd) / 1e9, sum(residual_usd) / 1e9, sum(value_change_usd) / 1e9,
               count(*), min(matched_share), max(unit_value_quality)
        from sector_price_volume
        where partner_iso3 = 'USA' and flow_code = 'export' and sector_code = '8703+8708' and year(period_month) = 2025
        """,
    )
    (price, volume, residual, change, months, matched, quality) = found[0]
    assert (round(price, 2), round(volume, 2), round(residual, 2), round(change, 2)) == (-3.37, -1.68, 0, -5.05)
    assert (months, matched, quality) == (12, 1, "low")


def test_a_set_with_one_partner_has_its_unit_value_for_an_index(published: duckdb.DuckDBPyConnection) -> None:
    found = published.execute(
        """
        select prices.fisher_price_index, prices.fisher_volume_index, now.unit_value_usd_per_kg as unit_value,
               earlier.unit_value_usd_per_kg as earlier_unit_value, now.weight_kg, earlier.weight_kg as earlier_kg
        from sector_price_volume as prices
        inner join sector_monthly as now using (ledger_code, partner_iso3, flow_code, scheme_code, sector_code, period_month)
        inner join sector_monthly as earlier
            on earlier.ledger_code = now.ledger_code and earlier.partner_iso3 = now.partner_iso3
            and earlier.flow_code = now.flow_code and earlier.scheme_code = now.scheme_code
            and earlier.sector_code = now.sector_code and earlier.period_month = now.period_month - interval 12 month
        where prices.partner_iso3 <> 'WLD' and prices.sector_code <> '854232' and prices.fisher_price_index is not null
        """
    ).df()
    assert len(found) > 30_000
    np.testing.assert_allclose(
        found["fisher_price_index"], found["unit_value"] / found["earlier_unit_value"], rtol=1e-9
    )
    weights = found["weight_kg"].astype(float) / found["earlier_kg"].astype(float)
    np.testing.assert_allclose(found["fisher_volume_index"], weights, rtol=1e-9)


def test_chips_are_not_compared_across_the_codes_of_2022(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select year(period_month) = 2022, bool_and(is_break), count(fisher_price_index) from sector_price_volume
        where partner_iso3 = 'WLD' and flow_code = 'export' and sector_code = '854232' and year(period_month) between 2021 and 2023
        group by all order by all
        """,
    )
    assert found == [(False, False, 24), (True, True, 0)]


def test_vaccines_are_not_compared_across_the_revision_of_2022(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select sector_code, year, is_break, value_yoy_pct is null from sector_annual
        where ledger_code = 'kcs' and partner_iso3 = 'WLD' and flow_code = 'export' and scheme_code = 'kcs_set'
          and sector_code in ('300215', '3304', 'other') and year in (2022, 2023) order by all
        """,
    )
    assert found == [
        ("300215", 2022, True, True),
        ("300215", 2023, False, False),
        ("3304", 2022, False, False),
        ("3304", 2023, False, False),
        ("other", 2022, True, True),
        ("other", 2023, False, False),
    ]


def test_the_basket_of_americas_imports_from_korea_became_more_concentrated(
    published: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(
        published,
        """
        select year(period_start), round(hhi_index, 4), round(top_1_share, 3), item_count <= possible_item_count
        from sector_concentration
        where ledger_code = 'census' and partner_iso3 = 'KOR' and flow_code = 'import' and dimension_code = 'product'
          and frequency_code = 'year' order by 1
        """,
    )
    assert found == [(2023, 0.1693, 0.323, True), (2024, 0.1822, 0.338, True)]


def test_so_did_the_partners_of_koreas_exports(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select year(period_start), round(hhi_index, 4) from sector_concentration
        where ledger_code = 'kcs' and flow_code = 'export' and dimension_code = 'partner' and frequency_code = 'year'
          and year(period_start) >= 2023 order by 1
        """,
    )
    assert found == [(2023, 0.0899), (2024, 0.0918)]


def test_concentration_agrees_with_a_recount(published: duckdb.DuckDBPyConnection) -> None:
    parts = published.execute(
        """
        select cast(value_usd as double) as value from product_ranking
        where ledger_code = 'kcs' and hs_level = 6 and frequency_code = 'year' and value_usd > 0
        """
    ).df()["value"]
    share = np.sort((parts / parts.sum()).to_numpy())[::-1]
    (found,) = rows(
        published,
        """
        select hhi_index, effective_items_index, top_1_share, top_5_share, item_count from sector_concentration
        where ledger_code = 'kcs' and dimension_code = 'product' and hs_level = 6 and frequency_code = 'year'
        """,
    )
    hhi = float(np.sum(share**2))
    assert found == pytest.approx((hhi, 1 / hhi, share[0], share[:5].sum(), len(share)), rel=1e-9)
    assert round(hhi, 4) == 0.0285


def test_koreas_cars_have_an_advantage_in_america(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select product_code, round(rca_market_ratio, 2), round(market_share, 3), rca_world_ratio from sector_competitiveness
        where exporter_iso3 = 'KOR' and market_iso3 = 'USA' and year = 2024 and product_code in ('50', '87') order by 1
        """,
    )
    assert found == [("50", 4.92, 0.198, None), ("87", 2.86, 0.115, None)]


def test_without_world_data_nothing_is_said_of_complexity(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(published, "from sector_complexity") == []


def test_korea_sold_709_billion_in_2025_by_subheading(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select hs_level, round(sum(value_usd) / 1e9, 3) from product_ranking
        where ledger_code = 'kcs' and frequency_code = 'year' group by all order by all
        """,
    )
    assert found == [(2, 708.984), (4, 708.984), (6, 708.984)]
    largest = rows(
        published,
        """
        select sector_code, sector_rank from sector_annual
        where ledger_code = 'kcs' and partner_iso3 = 'WLD' and scheme_code = 'hs_sector' and year = 2025 and sector_rank <= 3
        order by sector_rank
        """,
    )
    assert largest == [("semiconductors", 1), ("cars", 2), ("machinery", 3)]


def test_namibia_kept_its_trade(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        """
        select sum(value_usd) from sector_annual
        where partner_iso3 = 'NAM' and flow_code = 'import' and scheme_code = 'kcs_set' and sector_code = '854232'
        """,
    )
    assert found == [(8405,)]
    assert rows(published, "from quarantine") == []


def test_no_product_stands_among_the_totals(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(published, "select distinct product_code from surplus_vintages") == [("TOTAL",)]
