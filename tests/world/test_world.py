"""Monthly trade of many reporters by six digits: what was printed is found again, to the cent."""

from typing import TYPE_CHECKING

import duckdb

from tests.benchmarks.world import World, write_history
from tests.benchmarks.world_build import SECTOR, SURPLUS, differing, differing_from_script

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world.conftest import Taken

SERIES = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "product_kind", "product_code", "period_month"]
PARTNERS = "product_kind = 'subheading' and partner_iso3 <> 'WLD'"


def one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    found = connection.execute(query).fetchone()
    assert found is not None
    return int(found[0])


def sectors(warehouse: str) -> str:
    """What is kept of sectors by month, by name: two warehouses number them each in its own way."""
    kept = f"{warehouse}.intermediate"
    return f"""(
        select * exclude (series_number, partner_number, place_number, sector_number) from {kept}.int_sector_series inner join (
            from {kept}.int_sector_measures
            union all by name
            select * exclude (partner_number), -partner_number as series_number from {kept}.int_sector_residuals
        ) using (series_number)
    )"""


def test_the_same_seed_gives_the_same_files(tmp_path: "Path") -> None:
    names = []
    for folder in ("once", "again"):
        write_history(tmp_path / folder, World(rows=2_000))
        names.append(sorted(path.name for path in (tmp_path / folder).rglob("*.parquet")))
    assert names[0] == names[1]
    assert names[0]
    write_history(tmp_path / "other", World(rows=2_000, seed=8))
    assert sorted(path.name for path in (tmp_path / "other").rglob("*.parquet")) != names[0]


def test_every_row_is_loaded_and_broken_ones_are_set_aside(taken: "Taken", opened: duckdb.DuckDBPyConnection) -> None:
    assert one(opened, "select count(*) from warehouse.comtrade.monthly_products") == taken.history.product_rows
    assert one(opened, "select count(*) from warehouse.comtrade.monthly_trade") == taken.history.total_rows
    assert one(opened, "select count(*) from warehouse.entrepot.releases") == taken.history.releases
    assert taken.history.broken_rows > 0
    assert one(opened, "select count(*) from warehouse.intermediate.int_rejected_rows") == taken.history.broken_rows
    kept = taken.history.product_rows - taken.history.broken_rows
    assert one(opened, "select count(*) from warehouse.intermediate.int_product_reports") == kept


def test_revisions_and_what_was_taken_back_are_vintages(taken: "Taken", opened: duckdb.DuckDBPyConnection) -> None:
    restated = f"from warehouse.intermediate.int_product_restatements where {PARTNERS}"
    assert taken.history.revised > 0
    assert taken.history.taken_back > 0
    assert one(opened, f"select count(*) {restated} and change_kind = 'revision'") == taken.history.revised
    assert one(opened, f"select count(*) {restated} and change_kind = 'withdrawal'") == taken.history.taken_back
    once = f"select {', '.join(SERIES)} {restated} and known_to is null group by all having count(*) > 1"
    assert one(opened, f"select count(*) from ({once})") == 0


def test_sums_are_those_of_the_world(opened: duckdb.DuckDBPyConnection) -> None:
    """Over partners of the products, and as the total that the reporter prints."""
    differ = """
        select count(*) from latest
        full join ({found}) as found using (reporter_iso3, flow_code, period_month)
        where found.usd is null or latest.cents is null or round(found.usd * 100) <> latest.cents
    """
    series = "select reporter_iso3, flow_code, period_month, sum(value_usd) as usd from"
    products = f"""
        {series} (
            select * from warehouse.intermediate.int_product_reports
            anti join (select distinct reporter_iso3, period_month from warehouse.intermediate.int_product_restatements)
            using (reporter_iso3, period_month)
            union all by name
            select * from warehouse.intermediate.int_product_restatements where known_to is null and value_usd is not null
        ) where {PARTNERS} group by all
    """
    totals = f"""
        {series} (unpivot (
            select reporter_iso3, period_month, export_usd as export, import_usd as import
            from warehouse.marts.surplus_monthly where partner_iso3 = 'WLD'
        ) on export, import into name flow_code value value_usd) group by all
    """
    assert one(opened, differ.format(found=products)) == 0
    assert one(opened, differ.format(found=totals)) == 0


def test_the_marts_are_what_a_script_makes_of_the_same_files(taken: "Taken") -> None:
    assert differing_from_script(taken.first, taken.script) == {"surplus_monthly": 0, "sector_monthly": 0}


def test_what_changed_is_built_to_the_same_as_all_anew(opened: duckdb.DuckDBPyConnection) -> None:
    assert one(opened, f"select count(*) from {sectors('whole')}") > 0
    assert differing(opened, sectors("whole"), sectors("changed"), SECTOR) == 0
    for table, keys in {
        "marts.surplus_monthly": SURPLUS,
        "intermediate.int_release_months": ["release_id", "reporter_iso3", "flow_code", "period_month", "valuation"],
        "intermediate.int_product_restatements": [*SERIES, "known_from"],
        "intermediate.int_rejected_rows": ["release_id", "row_number"],
    }.items():
        assert one(opened, f"select count(*) from whole.{table}") > 0
        assert differing(opened, f"whole.{table}", f"changed.{table}", keys) == 0, table


def test_a_partner_whose_only_trade_is_taken_back_is_gone_and_a_new_one_has_all_months(
    opened: duckdb.DuckDBPyConnection,
) -> None:
    of_iceland = (
        "reporter_iso3 = 'ISL' and flow_code = 'export' and partner_iso3 <> 'WLD' and scheme_code = 'hs_chapter'"
    )
    partners = f"select count(distinct partner_iso3) from {{}} where {of_iceland}"
    before = f"select partner_iso3 from {sectors('warehouse')} where {of_iceland}"
    months = (
        f"select count(*) from {{}} where {of_iceland} and sector_code = 'other' and partner_iso3 not in ({before})"
    )
    assert one(opened, partners.format(sectors("warehouse"))) == 2
    assert one(opened, partners.format(sectors("changed"))) == 2
    assert one(opened, months.format(sectors("changed"))) == 4


def test_the_comparison_sees_that_news_came(taken: "Taken", opened: duckdb.DuckDBPyConnection) -> None:
    rows = one(opened, "select count(*) from whole.comtrade.monthly_products")
    assert rows == taken.history.product_rows + taken.news.product_rows
    assert differing(opened, "whole.marts.surplus_monthly", "warehouse.marts.surplus_monthly", SURPLUS) > 0
    assert differing(opened, sectors("whole"), sectors("warehouse"), SECTOR) > 0
