"""The page of a release: whole, honest about its figures, and deaf to what a title may contain. No browser needed."""

import json
import threading
from collections.abc import Iterator
from email.message import Message
from html.parser import HTMLParser
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pytest_socket import enable_socket

from orchestration.errors import EntrepotError
from orchestration.publishing.figures.wording import chance, folded, number, plain
from orchestration.publishing.page import render, write_page
from orchestration.publishing.serve import server

RELEASE = "20260102T030405678901Z-01234567"
HOSTILE = "=cmd() </script><script>alert('x')</script> & \"Zinc\" <img src=x onerror=alert(1)> {{ 7 * 7 }} <!-- -->"
TURNED = "\u202e"
VOID = {"meta", "link", "br", "img", "input", "hr"}
LARGEST_BYTES = 8_000_000

MARTS = """
create schema marts;
use marts;
create table publication as
    select '20260102T030405678901Z-01234567' as release_id, timestamp '2026-01-02 03:04:05' as published_at_utc,
        '0.1.0' as code_version, 12 as tests_passed_count, 1 as tests_warned_count;
create table dim_country as
    select * from (values ('KOR', 'South Korea'), ('USA', 'United States'), ('WLD', 'World'), ('CIV', 'Côte d''Ivoire'))
    as countries (iso3, country_name);
create table dim_ledger as
    select * from (values ('kcs', 'Korean ledger', 'Korea Customs Service', 'KOR'), ('census', 'US ledger', 'Census', 'USA'))
    as ledgers (ledger_code, ledger_name, publisher_name, reporter_iso3);
create table surplus_monthly as
    select ledger_code, reporter_iso3, partner_iso3, cast(period_month as date) as period_month,
        1e9 * (1 + month(period_month)) as export_usd,
        case when partner_iso3 = 'CIV' and month(period_month) = 3 then null else 1e9 * imports end as import_usd,
        export_usd - import_usd as balance_usd, 'final' as data_status, timestamp '2023-03-31' as known_from
    from (values ('kcs', 'KOR', 'USA', 4), ('kcs', 'KOR', 'WLD', 3), ('census', 'USA', 'KOR', 12), ('kcs', 'KOR', 'CIV', 1))
        as pairs (ledger_code, reporter_iso3, partner_iso3, imports),
        generate_series(date '2021-01-01', date '2025-03-01', interval 1 month) as months (period_month);
create macro surplus_as_of(day) as table select * from marts.surplus_monthly where known_from <= day;
create table surplus_annual as
    select ledger_code, reporter_iso3, partner_iso3, year(period_month) as year, sum(export_usd) as export_usd,
        sum(import_usd) as import_usd, sum(balance_usd) + max(year(period_month)) * 1e6 as balance_usd, 1 as balance_rank,
        ledger_code = 'kcs' as is_balance_record_high, ledger_code = 'census' as is_balance_record_low,
        false as is_balance_record_fragile, 2e9 as balance_record_margin_usd, 1e8 as balance_typical_revision_usd,
        count(balance_usd) as balance_months_count, 'final' as data_status, timestamp '2025-06-20' as known_from
    from surplus_monthly group by all;
create table dim_sector as
    select * from (values ('kcs_set', '8703+8708', 'Cars'), ('hs_chapter', '87', 'Vehicles; other than railway'))
    as sectors (scheme_code, sector_code, sector_name);
create table surplus_drivers as
    select *, 'year_on_year' as comparison_code, date '2024-01-01' as period_start, 3e9 as value_usd,
        1.5 as contribution_pp, 1 as change_rank, 1 as level_rank, false as is_break, timestamp '2025-06-20' as known_from
    from (values
        ('kcs', 'KOR', 'USA', 'export', 'kcs_set', '8703+8708', 2e9), ('kcs', 'KOR', 'USA', 'export', 'kcs_set', 'other', 9e9),
        ('census', 'USA', 'KOR', 'import', 'hs_chapter', '87', -4e9)
    ) as drivers (ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, value_change_usd);
create table sector_price_volume as
    select 'kcs' as ledger_code, 'KOR' as reporter_iso3, 'USA' as partner_iso3, 'export' as flow_code,
        'kcs_set' as scheme_code, '8703+8708' as sector_code, cast(period_month as date) as period_month, 3e9 as value_usd,
        5e8 as value_change_usd, 2e8 as price_effect_usd, 3e8 as volume_effect_usd, 0 as residual_usd,
        1.1e0 as fisher_price_index, 9e-1 as fisher_volume_index, 'low' as unit_value_quality, false as is_break,
        timestamp '2026-07-14' as known_from
    from generate_series(date '2024-01-01', date '2025-12-01', interval 1 month) as months (period_month);
create table sector_monthly as select *, 7.5 as value_yoy_pct from sector_price_volume;
create table tariff_regimes as
    select *, 'S232' as authority_code, 'USA' as importer_iso3, 'KOR' as exporter_iso3, 'autos' as scope_code, 'cars' as scope_description,
        25.0 as regime_rate_pct, 'add_on' as rate_type, date '2025-03-26' as announced_on_date, null::date as published_on_date,
        null::date as planned_from_date, null::date as legal_to_date, false as is_retroactive, false as is_unverified,
        date '2026-07-24' as checked_through_date, date '2025-03-26' as known_from_date, null as note
    from (values ('a', date '2025-04-03', null::date, true), ('b', null, date '2025-07-31', false))
    as regimes (regime_id, legal_from_date, voided_on_date, was_ever_in_force);
create table tariff_rate_changes as
    select 'USA' as importer_iso3, 'KOR' as exporter_iso3, 'autos' as scope_code, date '2025-04-03' as rate_from_date,
        null::date as rate_to_date, 25.0 as rate_pct;
create table tariff_exposure as
    select 'USA' as importer_iso3, 'KOR' as exporter_iso3, 'hs_chapter' as scheme_code, '2024' as base_code,
        date '2025-04-03' as rate_from_date, 5e9 as exposure_usd, 4e9 as exposure_low_usd, 2e10 as base_usd,
        1.0 as coverage_share, timestamp '2025-06-30' as known_from;
create table surplus_mirror as
    select *, date '2024-01-01' as period_start, 'year' as frequency_code, 5e9 as exporter_value_usd, 6e9 as importer_value_usd, 'fob' as exporter_valuation,
        'customs' as importer_valuation, 1e9 as gap_usd, null::double as valuation_part_usd, 'not_measured' as valuation_part_basis,
        1e9 as residual_usd, 0.1 as asymmetry_ratio, timestamp '2025-06-30' as known_from
    from (values ('KOR', 'USA', 5e9, -7e9), ('USA', 'KOR', -7e9, 5e9))
    as flows (exporter_iso3, importer_iso3, exporter_balance_usd, importer_balance_usd);
create table dim_asset as
    select 'usd_krw' as asset_code, 'Won per dollar, noon in New York' as asset_name, timestamp '2026-08-24' as known_from;
create table headline_events as
    select 'zinc' as event_id, ? as title, 'Press' as publisher_name, date '2025-12-15' as event_date, 'corporate' as event_kind,
        'direct' as relevance_code;
create table headline_event_study as
    select event_id, 'usd_krw' as asset_code, '[0,+1]' as window_code, 'log' as return_type, date '2025-12-15' as event_session_date,
        1e-2 as cumulative_abnormal_return, 4e-3 as standard_error, 2.5 as t_value, 1e-4 as p_value, 2e-2 as placebo_p_value,
        q_value, is_confounded, case when is_confounded then 'fed-2025-12-10;other' end as confounding_event_ids,
        true as is_main_test
    from (values ('zinc', 9e-1, true), ('fed-2020-03-15', 1e-3, false)) as tests (event_id, q_value, is_confounded);
create table published_figure_checks as
    select 'kr_us_b_2024' as figure_id, 'kcs' as ledger_code, 'KITA' as publisher_name, date '2025-01-01' as published_on_date,
        55.7 as published_value, 55.63 as held_value, -0.07 as difference_value, 'bn_usd' as unit_code,
        'superseded' as check_status, 'Printed <before> the closing.' as explanation, timestamp '2025-06-20' as known_from;
create table data_health as
    select 'kcs' as source_name, 'country_totals' as table_name, 'KCS' as publisher_name, date '2025-05-01' as latest_period_month,
        date '2026-10-01' as expected_period_month, 496 as late_days, 1 as release_count, 100 as row_count,
        10 as totals_compared_count, 0 as totals_unequal_count, 0 as quarantined_row_count, 0 as failed_test_count,
        timestamp '2025-06-20' as known_from;
"""

CLAIMS = """
create table marts.headline_claims as
    select 'surplus-2024' as claim_id, 'The <surplus> was 55.6 billion.' as claim_text, 'kcs' as ledger_code,
        date '2025-07-08' as made_on_date, 55.6 as claimed_value, 55.629 as claim_day_value, 55.629 as latest_value,
        'bn_usd' as unit_code, 'supported_rounded' as verdict_code, 'Within <half> a digit.' as explanation,
        timestamp '2025-06-20' as known_from;
"""


class Page(HTMLParser):
    """What a browser would make of it: elements opened and closed in order, ids, and the text of each element."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.crossed: list[str] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] == "script":
            self.scripts[-1] += data
        elif "style" not in self.stack:
            self.text += data

    def having(self, attribute: str) -> list[dict[str, str]]:
        return [attributes for _, attributes in self.elements if attribute in attributes]

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    with duckdb.connect(str(folder / "trade.duckdb")) as database:
        for statement in MARTS.split(";\n"):
            if statement.strip():
                database.execute(statement, [TURNED + HOSTILE] if "?" in statement else [])
    write_page(folder)
    return folder


@pytest.fixture(scope="module")
def html(release: Path) -> str:
    return (release / "site" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_is_well_formed_and_no_id_comes_twice(page: Page) -> None:
    assert page.crossed == []
    assert page.stack == []
    ids = [attributes["id"] for attributes in page.having("id")]
    assert len(ids) == len(set(ids))


def test_every_name_that_is_pointed_at_exists(page: Page) -> None:
    ids = {attributes["id"] for attributes in page.having("id")}
    for attribute in ("aria-labelledby", "aria-describedby"):
        assert {attributes[attribute] for attributes in page.having(attribute)} <= ids
    assert {link["href"].removeprefix("#") for link in page.named("a")} - ids == {"docs/index.html"}


def test_every_figure_says_its_unit_ledger_vintage_and_release(page: Page, html: str) -> None:
    figures = html.split("<figure ")[1:]
    assert len(figures) == len(page.named("figure")) >= 14
    for figure in figures:
        body = figure.partition("</figure>")[0]
        for fact in ("unit", "ledger", "vintage", "release"):
            stated = body.partition(f'data-fact="{fact}"')[2].partition("<dd>")[2].partition("</dd>")[0]
            assert stated.strip(), f"{body[:60]} states no {fact}"
        assert RELEASE in body
        assert body.count("<figcaption>") == body.count("<h3") == 1
        assert "<table>" in body


def test_headings_go_down_one_step_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_hostile_title_stays_text(page: Page, html: str) -> None:
    assert HOSTILE in page.text
    assert TURNED not in html
    assert "<img" not in html
    assert "<!--" not in html.replace("<!-- -->", "", 0).partition("<body>")[2]
    assert page.having("onerror") == []
    assert "alert(" not in "".join(script for script in page.scripts if not script.lstrip().startswith("{"))


def test_plotly_is_given_titles_without_markup(page: Page) -> None:
    drawings = next(json.loads(script) for script in page.scripts if script.startswith('{"balance"'))
    plots = json.dumps([[chart["data"], chart["layout"]] for charts in drawings.values() for chart in charts])
    assert "&lt;/script&gt;" in plots
    assert "<script" not in plots
    assert "<img" not in plots


def test_nothing_is_asked_for_from_outside(page: Page, html: str) -> None:
    sources = [attributes.get("src", "") for attributes in page.having("src")]
    links = [attributes["href"] for attributes in page.having("href")]
    assert sources == ["plotly.min.js"]
    assert [link for link in links if not link.startswith(("#", "data:"))] == ["docs/index.html"]
    assert "http://" not in html
    assert "https://" not in html
    assert "@import" not in html


def test_the_page_stays_below_its_size(release: Path) -> None:
    files = list((release / "site").iterdir())
    assert sorted(path.name for path in files) == ["index.html", "plotly.min.js"]
    assert sum(path.stat().st_size for path in files) < LARGEST_BYTES


def test_the_headline_gives_both_books_and_how_safe_the_record_is(page: Page) -> None:
    assert "The books of Korea show a surplus of 44.0 billion dollars with the United States." in page.text
    assert "The books of the United States show a deficit of 52.0 billion dollars with Korea." in page.text
    assert "Record, safe" in page.text
    assert "Record deficit" in page.text


def test_the_series_of_every_partner_are_in_the_page(page: Page) -> None:
    ledgers = json.loads(page.scripts[-1])["ledgers"]
    assert sorted(ledgers["kcs"]["months"]) == ["CIV", "USA", "WLD"]
    first, exports, imports = ledgers["kcs"]["months"]["CIV"]
    assert first == "2021-01"
    assert exports.split(",")[:3] == ["2000", "3000", "4000"]
    assert imports.split(",")[:3] == ["1000", "1000", ""], "unknown is empty, not zero"
    assert ledgers["kcs"]["years"]["USA"][0] == [2021, 90000, 48000, 44021, 12, 1]
    assert ledgers["census"]["years"]["KOR"][0][-1] == -1


def test_claims_are_shown_when_their_mart_is_there(release: Path, page: Page, tmp_path: Path) -> None:
    assert "Which claims hold" not in page.text
    copy = tmp_path / "trade.duckdb"
    copy.write_bytes((release / "trade.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as database:
        database.execute(CLAIMS)
        database.execute("use trade.marts")
        shown = Page(render(database))
    assert "Which claims hold" in shown.text
    assert "The <surplus> was 55.6 billion." in shown.text
    assert "Supported rounded" in shown.text
    assert "Within <half> a digit." in shown.text


def test_a_release_with_no_complete_year_gets_no_page(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "trade.duckdb"
    copy.write_bytes((release / "trade.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as database:
        database.execute("delete from marts.surplus_annual")
    with pytest.raises(EntrepotError, match="no complete year of KOR and USA"):
        write_page(tmp_path)


@pytest.mark.parametrize(
    ("value", "words"), [(None, "–"), (-1234.5, "−1,234.50"), (0, "0.00"), (2.005, "2.00"), (1e6, "1,000,000.00")]
)
def test_numbers_have_a_real_minus_and_unknown_is_a_dash(value: Any, words: str) -> None:
    assert number(value) == words


def test_a_tiny_chance_is_not_called_zero() -> None:
    assert chance(0.0) == "below 0.001"
    assert chance(0.0304) == "0.030"
    assert chance(None) == "–"


def test_labels_of_charts_are_short_and_safe() -> None:
    assert plain("a < b & c") == "a &lt; b &amp; c"
    assert plain("x" * 60, 10) == "x" * 9 + "…"
    assert folded("Flat-rolled steel, hot-rolled or coated, and more") == "Flat-rolled steel,<br>hot-rolled or…"
    assert folded("<b>bold</b>") == "&lt;b&gt;bold&lt;/b&gt;"


def get(address: tuple[str, int], path: str) -> tuple[int, Message, bytes]:
    connection = HTTPConnection(*address, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.fixture
def address(release: Path) -> Iterator[tuple[str, int]]:
    enable_socket()
    with server(release / "site", 0) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield "127.0.0.1", int(listening.server_address[1])
        listening.shutdown()
        thread.join()


def test_the_server_gives_the_page_and_nothing_beside_it(address: tuple[str, int], html: str) -> None:
    status, headers, body = get(address, "/")
    assert (status, body.decode()) == (200, html)
    assert headers["Cache-Control"] == "no-cache"
    for path in ("/../trade.duckdb", "/%2e%2e/trade.duckdb", "/none"):
        assert get(address, path)[0] == 404


def test_the_server_says_what_is_in_its_way(release: Path, tmp_path: Path) -> None:
    enable_socket()
    with pytest.raises(EntrepotError, match="There is no page in"):
        server(tmp_path, 0)
    with server(release / "site", 0) as listening:
        taken = int(listening.server_address[1])
        with pytest.raises(EntrepotError, match="Choose another port"):
            server(release / "site", taken)
