"""What publishers say over the wire, in the marts: fetched by the same code as ever, loaded and modelled once for all tests."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from . import baci, kcs, test_comtrade, test_fred, test_news, test_yahoo
from .building import asked_of, modelled
from .fetching import Desk
from .server import Answer, Asked, Served, serving

FIRST_PRINTED = datetime(2026, 1, 16, 3, 0, tzinfo=UTC)
PRINTED_AGAIN = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
A_YEAR: dict[str, Any] = {"first": date(2025, 1, 1), "last": date(2025, 12, 1)}
RAISED_BY = 1_200_000
MODELS = (
    *("surplus_monthly", "surplus_vintages", "surplus_revisions", "sector_monthly", "sector_complexity"),
    *("int_market_prices", "headline_events", "headline_tags", "int_events_dated"),
)
KOREA_ZINC = "Korea Zinc to Build $6.78 Billion U.S. Smelter"


def corrected(asked: Asked) -> Answer:
    """Exports to the United States are higher than was said at first; the total follows."""
    items = kcs.country_items(asked.params["strtYymm"], usa=RAISED_BY)
    return kcs.answer([*items, kcs.total(items)])


def nations(asked: Asked) -> Answer:
    """Korea values imports CIF and Canada FOB; each sells to the other and to the world."""
    reporter = int(asked.params["reporterCode"])
    product = {"TOTAL": "TOTAL", "AG2": "87"}[asked.params["cmdCode"]]

    def told(period: str, partner: int, flow: str) -> dict[str, Any]:
        value = (5_000_000 if partner == 0 else 1_000_000) + reporter
        is_cif = flow == "M" and reporter == 410
        values = {"primaryValue": value + 9 * is_cif, "fobvalue": value, "cifvalue": value + 9 if is_cif else None}
        places = {"reporterCode": reporter, "partnerCode": partner, "flowCode": flow, "cmdCode": product}
        return test_comtrade.row(period=period, **places, **values)

    periods = asked.params["period"].split(",")
    return test_comtrade.answer(
        *(told(period, partner, flow) for period in periods for partner in (0, 842) for flow in ("X", "M"))
    )


def fetched(desk: Desk, served: Served) -> None:
    served.always(kcs.HOST, kcs.publisher)
    assert desk.fetch("kcs/country_totals", now=FIRST_PRINTED, **A_YEAR).outcomes == {"kept": 12}
    served.always(kcs.HOST, corrected)
    assert desk.fetch("kcs/country_totals", now=PRINTED_AGAIN, **A_YEAR).outcomes == {"kept": 12}
    served.always(test_comtrade.HOST, nations)
    for table, count in (("monthly_trade", 2), ("monthly_products", 24)):
        assert desk.fetch(f"comtrade/{table}", partners=("KR", "CA"), **A_YEAR).outcomes == {"kept": count}
    served.always(baci.HOST, baci.answer())
    assert desk.fetch("baci/flows").outcomes == {"kept": 1}
    markets(desk, served)
    news(desk, served)


def markets(desk: Desk, served: Served) -> None:
    """FRED says today what it first said in March 2026, and said something else in February; KOSPI comes from Yahoo."""
    runs = [("2026-02-05", "2026-03-04", "70.1"), ("2026-03-05", "2026-11-20", "70.5")]

    def fred(asked: Asked) -> Answer:
        is_of_today = asked.params["realtime_start"] == asked.params["realtime_end"]
        said = [{"date": "2026-02-02", "value": value, "realtime_start": a, "realtime_end": b} for a, b, value in runs]
        found = said[1:] if is_of_today else said if asked.params["realtime_start"] == "2025-01-01" else []
        return Answer(json.dumps({"count": len(found), "observations": found}).encode(), kind="application/json")

    served.always(test_fred.API, fred)
    for table in ("observations", "vintages"):
        assert desk.fetch(f"fred/{table}").failures == []
    served.always(test_yahoo.HOST, test_yahoo.publisher)
    assert desk.fetch("yahoo/quotes").failures == []


def news(desk: Desk, served: Served) -> None:
    """A feed tells of the smelter the day before the maintained headline and, at two addresses, the day after it."""
    before = test_news.item(1, "Mon, 15 Dec 2025 10:00:00 +0900", f"(LEAD) {KOREA_ZINC}")
    after = [test_news.item(number, "Tue, 16 Dec 2025 09:30:00 +0900", KOREA_ZINC) for number in (2, 3)]
    for host in ("en.yna.co.kr", "www.korea.kr"):
        served.always(host, test_news.feed(before, *after))
    assert desk.fetch("rss/items").failures == []
    served.always(test_news.CRAWLER, test_news.articles(test_news.seen(7, "20251216T231500Z")))
    days: dict[str, Any] = {"first": date(2025, 12, 1), "last": date(2025, 12, 1)}
    assert desk.fetch("gdelt/articles", now=datetime(2025, 12, 2, tzinfo=UTC), **days).failures == []


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with pytest.MonkeyPatch.context() as patch, serving() as served:
        patch.setenv("ENTREPOT_KCS_KEY", kcs.WORKING_KEY)
        patch.setenv("ENTREPOT_COMTRADE_KEY", test_comtrade.A_KEY)
        patch.setenv("ENTREPOT_FRED_KEY", test_fred.A_KEY)
        patch.setenv("ENTREPOT_ACCEPTED_TERMS", "yahoo")
        desk = Desk(served, tmp_path_factory.mktemp("fetched") / "home")
        fetched(desk, served)
        modelled(desk.at, *MODELS)
        with asked_of(desk.at) as connection:
            yield connection


def test_each_printing_is_a_vintage_known_from_the_moment_it_was_fetched(today: duckdb.DuckDBPyConnection) -> None:
    vintages = today.execute(
        """
        select vintage_number, change_kind, known_from, known_to, change_usd, is_latest from surplus_vintages
        where ledger_code = 'kcs' and partner_iso3 = 'USA' and flow_code = 'export' and period_month = '2025-05-01'
        order by vintage_number
        """
    ).fetchall()
    first, again = (moment.replace(tzinfo=None) for moment in (FIRST_PRINTED, PRINTED_AGAIN))
    assert vintages == [
        (1, "first", first, again, None, False),
        (2, "revision", again, None, Decimal(RAISED_BY), True),
    ]


def test_what_did_not_change_has_no_second_vintage(today: duckdb.DuckDBPyConnection) -> None:
    changed = today.execute(
        "select distinct partner_iso3, flow_code from surplus_vintages where ledger_code = 'kcs' and change_kind = 'revision' order by all"
    ).fetchall()
    assert changed == [("USA", "export"), ("WLD", "export")]


def test_how_far_first_printings_move_is_measured_on_the_world(today: duckdb.DuckDBPyConnection) -> None:
    measured = today.execute(
        """
        select flow_code, months_count, mean_revision_usd, round(mean_absolute_revision_pct, 6) from surplus_revisions
        where ledger_code = 'kcs' and horizon_code = 'latest' order by flow_code
        """
    ).fetchall()
    world = sum(int(item["expDlr"]) for item in kcs.country_items("202505"))
    assert measured == [
        ("export", 12, Decimal(RAISED_BY), round(100 * RAISED_BY / world, 6)),
        ("import", 12, Decimal(0), 0),
    ]


@pytest.mark.parametrize(("day", "more"), [("2026-01-16", 0), ("2026-03-15", 0), ("2026-03-16", RAISED_BY)])
def test_a_day_knows_what_had_been_printed_by_its_end(today: duckdb.DuckDBPyConnection, day: str, more: int) -> None:
    asked = """
        select export_usd from surplus_as_of(cast(? as date))
        where ledger_code = 'kcs' and partner_iso3 = 'USA' and period_month = '2025-05-01'
    """
    assert today.execute(asked, [day]).fetchall() == [(Decimal(500_000_000 + more),)]


def test_the_day_before_the_first_printing_knows_nothing(today: duckdb.DuckDBPyConnection) -> None:
    assert today.execute("select count(*) from surplus_as_of(date '2026-01-15')").fetchall() == [(0,)]


def test_imports_are_labelled_as_each_reporter_values_them(today: duckdb.DuckDBPyConnection) -> None:
    found = today.execute(
        """
        select reporter_iso3, export_valuation, import_valuation, count(*) from surplus_monthly
        where ledger_code = 'comtrade' group by all order by all
        """
    ).fetchall()
    assert found == [("CAN", "fob", "fob", 24), ("KOR", "fob", "cif", 24)]


def test_reporters_of_one_ledger_keep_their_own_sectors(today: duckdb.DuckDBPyConnection) -> None:
    found = today.execute(
        """
        select reporter_iso3, flow_code, valuation, value_usd, count(*) from sector_monthly
        where ledger_code = 'comtrade' and partner_iso3 = 'USA' and sector_code = '87' group by all order by all
        """
    ).fetchall()
    assert found == [
        ("CAN", "export", "fob", Decimal(1_000_124), 12),
        ("CAN", "import", "fob", Decimal(1_000_124), 12),
        ("KOR", "export", "fob", Decimal(1_000_410), 12),
        ("KOR", "import", "cif", Decimal(1_000_419), 12),
    ]


def test_complexity_is_measured_on_the_world_of_the_bulk_file(today: duckdb.DuckDBPyConnection) -> None:
    found = today.execute(
        """
        select ledger_code, year, hs_level, dimension_code, count(*), count(complexity_index), round(avg(complexity_index), 9)
        from sector_complexity group by all order by all
        """
    ).fetchall()
    exporters = [
        ("baci", year, level, "exporter", len(baci.EXPORTERS), len(baci.EXPORTERS), 0)
        for year in baci.YEARS
        for level in (2, 4, 6)
    ]
    products = [("baci", year, level, "product", 3, 3, 0) for year in baci.YEARS for level in (2, 4, 6)]
    assert found == sorted(exporters + products)


def test_thousands_of_dollars_are_dollars_in_the_world(today: duckdb.DuckDBPyConnection) -> None:
    printed = [line.split(",") for line in baci.flows(2024).splitlines()[1:]]
    told = sum(Decimal(cells[4]) for cells in printed if cells[1] == "410" and cells[3] == "870323")
    found = today.execute(
        """
        select value_usd from intermediate.int_world_exports
        where exporter_iso3 = 'KOR' and product_code = '870323' and year = 2024
        """
    ).fetchall()
    assert found == [(told * 1000,)]


def test_a_price_is_known_since_fred_first_said_it(today: duckdb.DuckDBPyConnection) -> None:
    found = today.execute(
        "select price_value, known_from from intermediate.int_market_prices where asset_code = 'brent'"
    ).fetchall()
    assert found == [(70.5, datetime(2026, 3, 5))]  # noqa: DTZ001
    said = today.execute(
        """
        select observation_value, cast(known_from as date), cast(known_to as date) from intermediate.int_observation_vintages
        where series_code = 'DCOILBRENTEU' order by known_from
        """
    ).fetchall()
    assert [(float(value), start, end) for value, start, end in said] == [
        (70.1, date(2026, 2, 5), date(2026, 3, 5)),
        (70.5, date(2026, 3, 5), None),
    ]


def test_an_index_of_an_accepted_source_has_prices(today: duckdb.DuckDBPyConnection) -> None:
    found = today.execute(
        "select price_date, price_value from intermediate.int_market_prices where asset_code = 'kospi'"
    ).fetchall()
    assert found == [(date(2026, 11, 18), 4004.5)]


def test_live_news_are_tagged_and_linked_across_feeds(today: duckdb.DuckDBPyConnection) -> None:
    """Five feeds list the same three addresses, two of them with one title; the crawler saw a fourth."""
    found = today.execute(
        """
        select published_on_date, event_time, event_precision, companies, similarity_share from headline_events
        where event_kind = 'live_news' order by published_on_date, event_precision desc
        """
    ).fetchall()
    assert [row[:4] for row in found] == [
        (date(2025, 12, 15), "01:00", "minute", "korea_zinc"),
        *[(date(2025, 12, 16), "00:30", "minute", "korea_zinc")] * 2,
        (date(2025, 12, 16), None, "date", None),
    ]
    assert [row[4] for row in found[1:3]] == [1, 1]
    tagged = today.execute("select count(distinct event_id) from headline_tags where event_id like 'news-%'").fetchall()
    assert tagged == [(4,)]


def test_live_news_touch_no_maintained_headline_and_are_no_event_of_the_study(today: duckdb.DuckDBPyConnection) -> None:
    linked = today.execute(
        "select event_id, similar_event_id, cluster_id from headline_events "
        "where event_kind <> 'live_news' and similar_event_id is not null"
    ).fetchall()
    assert [row[:2] for row in linked] == [("korea-zinc-7-4bn", "korea-zinc-6-78bn")]
    assert not linked[0][2].startswith("news-")
    studied = today.execute(
        "select count(*), count(*) filter (event_id like 'news-%') from intermediate.int_events_dated"
    )
    count, live = studied.fetchall()[0]
    assert count > 18 and live == 0
