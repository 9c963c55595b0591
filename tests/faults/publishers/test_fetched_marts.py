"""From local publishers to marts: what the bundled archive lacks is fetched, loaded and built, and nothing counts twice."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import PROJECT
from orchestration.source import discover
from orchestration.warehouse import load

from . import census, kcs
from .fetching import Desk
from .server import Answer, serving
from .server import Asked as Call

FLASH = [f"kcs/flash_{breakdown}_{flow}" for breakdown in ("product", "partner") for flow in ("exports", "imports")]
JANUARY, OCTOBER, LAST_YEAR = date(2026, 1, 1), date(2026, 10, 1), date(2025, 10, 1)
EARLY = datetime(2026, 11, 15, 1, tzinfo=UTC)
BUILT = (
    "int_totals_compared",
    "surplus_flash",
    "product_ranking",
    "surplus_vintages",
    "int_sector_products",
    "int_product_reports",
)
TESTED = (
    *("unique_grain_surplus_flash*", "holds_surplus_flash*", "one_of_surplus_flash*", "unique_grain_product_ranking*"),
    *("assert_a_flash_of_a_whole_month_is_near_its_monthly_figure", "assert_flash_figures_have_one_total"),
    *("assert_one_table_gives_a_kind_of_product", "assert_a_printing_holds_the_months_it_says"),
    *("assert_products_fit_into_the_total", "assert_levels_of_products_hold_the_same_trade"),
    *("assert_partners_add_up_to_the_published_total", "assert_partners_come_with_their_total"),
)


def holidays_of_october(call: Call) -> Answer:
    """As published: 15.3 billion dollars from 1 to 10 October 2024, 13.0 a year later, when ten days had Chuseok in them."""
    if not call.path.endswith("ExpAcrs"):
        return kcs.publisher(call)
    rows = kcs.flash_items(call.params["strtYymm"], call.params["endYymm"], ten_days=18_300_000_000)
    told = {("202410", "01~10"): " 15,300,000", ("202510", "01~10"): " 12,970,000"}
    return kcs.answer(
        [row | {"itemUsdAmt00": told.get((row["priodMon"], row["priodDt"]), row["itemUsdAmt00"])} for row in rows]
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, start: Callable[..., subprocess.Popen[bytes]]) -> Iterator[Path]:
    """A home without the archive. The nation is printed before the table of partners, and once more after it."""
    home = tmp_path_factory.mktemp("fetched") / "home"
    with serving() as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENTREPOT_SECRETS", str(home / "none.env"))
        patch.setenv("ENTREPOT_KCS_KEY", kcs.WORKING_KEY)
        patch.setenv("ENTREPOT_CENSUS_KEY", census.WORKING_KEY)
        served.always(kcs.HOST, holidays_of_october)
        served.always(census.HOST, census.publisher)
        desk = Desk(served, home)

        def fetch(table: str, moment: datetime, first: date = JANUARY, **asked: Any) -> None:
            part = desk.fetch(table, now=moment, first=first, last=asked.pop("last", OCTOBER), again=True, **asked)
            assert (part.failures, part.outcomes["kept"] > 0) == ([], True)

        fetch("kcs/national_trade", EARLY)
        fetch("kcs/country_totals", EARLY + timedelta(hours=1), first=date(2025, 9, 1))
        served.always(kcs.HOST, kcs.answer(kcs.national_items("202601", "202610")[::-1]))
        fetch("kcs/national_trade", EARLY + timedelta(hours=2))
        served.always(kcs.HOST, holidays_of_october)
        for table in FLASH:
            fetch(table, EARLY, first=date(2024, 10, 1), last=date(2026, 11, 1))
        fetch("kcs/item_trade", EARLY, first=OCTOBER, partners=("US", "CN"))
        for table in (
            "census/chapter_imports",
            "census/chapter_exports",
            "census/subheading_imports",
            "census/subheading_exports",
        ):
            fetch(table, EARLY, first=LAST_YEAR, last=LAST_YEAR)
        for source in discover():
            for declared in source.tables:
                load(desk.at.warehouse, desk.at.landing, source, declared)
    said = home / "dbt.txt"
    project = ("--project-dir", str(PROJECT / "dbt_project"), "--profiles-dir", str(PROJECT / "dbt_project"))
    kept = ("--target-path", str(home / "dbt"), "--log-path", str(home / "dbt"))
    # Only the tests that are named: others judge how the trade of the world moves, which these publishers make up.
    chosen = ("--indirect-selection", "empty", "--select", *(f"+{name}" for name in BUILT), *TESTED)
    dbt = start(home, said, "dbt", "build", *project, *kept, *chosen)
    assert dbt.wait(timeout=900) == 0, said.read_text(encoding="utf-8")
    yield home


@pytest.fixture(scope="module")
def ask(home: Path) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("use marts")
        yield lambda question: connection.execute(question).fetchall()


Ask = Callable[[str], list[tuple[Any, ...]]]


def test_ten_days_with_a_feast_in_them_fell_and_grew_by_the_day(ask: Ask) -> None:
    assert ask(
        """
        select cumulative_usd, working_days, round(cumulative_yoy_pct, 1), round(daily_average_yoy_pct, 1), valuation, data_status
        from surplus_flash
        where flow_code = 'export' and breakdown_code = 'product' and item_code = 'total'
          and period_month = '2025-10-01' and window_code = 'first_10_days'
        """
    ) == [(12_970_000_000, 3.5, -15.2, 33.2, "fob", "flash")]


def test_the_running_month_ends_with_the_window_that_was_printed_last(ask: Ask) -> None:
    assert ask(
        """
        select window_code, cumulative_usd, increment_usd, month_usd, past_month_count
        from surplus_flash
        where flow_code = 'import' and breakdown_code = 'partner' and item_code = 'USA' and period_month = '2026-11-01' order by 1
        """
    ) == [
        ("first_10_days", 100_000_000, 100_000_000, None, 14),
        ("first_20_days", 200_000_000, 100_000_000, None, 14),
    ]


def test_a_window_is_held_against_the_month_that_was_printed_later(ask: Ask) -> None:
    """450 million and 1 dollar of imports from America a month, 300 million of them by the flash of the whole month."""
    (row,) = ask(
        """
        select month_usd, round(month_gap_pct, 4), round(past_month_gap_pct, 4), past_month_count
        from surplus_flash
        where flow_code = 'import' and item_code = 'USA' and period_month = '2026-10-01' and window_code = 'whole_month'
        """
    )
    assert row == (450_000_000, -33.3333, -33.3333, 13)


def test_flash_figures_stand_in_no_monthly_table(ask: Ask) -> None:
    assert ask("select count(*) from surplus_flash where period_month = '2026-11-01'")[0][0] > 0
    assert ask("select count(*) from surplus_monthly where data_status = 'flash' or period_month > '2026-10-01'") == [
        (0,)
    ]
    assert ask("select count(*) from surplus_vintages where source_release_id like 'kcs.flash%'") == [(0,)]


def test_each_place_has_its_label(ask: Ask) -> None:
    found = ask(
        "select flow_code, breakdown_code, item_code from surplus_flash where period_month = '2026-10-01' and window_code = 'whole_month'"
    )
    assert len(found) == len(set(found)) == 44
    assert {
        ("export", "partner", "EU"),
        ("import", "product", "coal"),
        ("export", "product", "home_appliances"),
    } <= set(found)


def test_the_nation_counts_until_the_table_of_partners_holds_its_month(ask: Ask) -> None:
    partners = 110 * 500_000_000 + sum(range(110))
    assert ask(
        """
        select vintage_number, value_usd, split_part(source_release_id, '.', 2) from surplus_vintages
        where ledger_code = 'kcs' and partner_iso3 = 'WLD' and flow_code = 'export' and period_month = '2026-10-01' order by 1
        """
    ) == [(1, 50_000_000_000, "national_trade"), (2, partners, "country_totals")]


def test_items_of_a_partner_are_ranked_at_each_level_and_make_its_total(ask: Ask) -> None:
    assert ask(
        """
        select partner_iso3, flow_code, hs_level, sum(value_usd), count(*) from product_ranking
        where ledger_code = 'kcs' and period_start = '2026-10-01' and frequency_code = 'month' and partner_iso3 = 'USA'
        group by all order by all
        """
    ) == [
        ("USA", "export", 2, 500_000_000, 1),
        ("USA", "export", 4, 500_000_000, 1),
        ("USA", "export", 6, 500_000_000, 1),
        ("USA", "import", 2, 450_000_000, 1),
        ("USA", "import", 4, 450_000_000, 1),
        ("USA", "import", 6, 450_000_000, 1),
    ]


def test_items_of_chosen_partners_feed_no_sector(ask: Ask) -> None:
    assert ask("select distinct product_kind from intermediate.int_product_reports order by 1") == [
        ("chapter",),
        ("item",),
    ]
    assert ask("select distinct product_kind from intermediate.int_sector_products") == [("chapter",)]


def test_korean_subheadings_in_american_books_are_ranked_beside_the_chapters_of_the_world(ask: Ask) -> None:
    found = ask(
        """
        select partner_iso3, flow_code, hs_level, sum(value_usd) / 1e6, count(*) from product_ranking
        where ledger_code = 'census' and period_start = '2025-10-01' and partner_iso3 in ('KOR', 'WLD') group by all order by all
        """
    )
    korea = [
        ("KOR", flow, level, 13_200.0, codes)
        for flow in ("export", "import")
        for level, codes in ((2, 88), (4, 88), (6, 176))
    ]
    assert found == [*korea, *(("WLD", flow, 2, 125_000.0, 25) for flow in ("export", "import"))]


def test_charges_and_duty_of_a_subheading_are_staged_in_dollars(ask: Ask) -> None:
    assert ask(
        """
        select import_customs_usd, import_charges_usd, consumption_import_usd, duty_usd from staging.stg_census__subheading_imports
        where product_code = '870110' and quarantine_reason is null
        """
    ) == [(100_000_000, 3_000_000, 100_000_000, 15_000_000)]


def test_nothing_that_was_fetched_is_in_quarantine(home: Path, ask: Ask) -> None:
    assert ask("select source_name, table_name, quarantine_reason from intermediate.int_rejected_rows") == []
