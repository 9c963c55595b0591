"""What a person sees, with eyes, a keyboard or a screen reader, on a phone and on a wall."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from orchestration.publishing.serve import server

from .conftest import Browser

WIDTHS = (360, 1600)
SCHEMES = (False, True)
LONGEST_FIRST_VIEW_MS = 1000
LARGEST_BYTES = 8_000_000
Drawn = Callable[..., Browser]

CONTRAST = """
    const bright = (colour) => {
      const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => Number(part) / 255)
        .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (!/, 0\\)$/.test(colour) && colour !== "transparent") return colour;
      }
      return "rgb(255, 255, 255)";
    };
    const weak = [];
    for (const element of document.querySelectorAll("p, h1, h2, h3, a, dt, dd, th, td, summary, label, li, code")) {
      if (!element.checkVisibility() || element.closest(".skip") || !element.textContent.trim()) continue;
      const [one, other] = [bright(getComputedStyle(element).color), bright(ground(element))].sort((a, b) => b - a);
      if ((one + 0.05) / (other + 0.05) < 4.5) weak.push(element.textContent.slice(0, 40));
    }
    return weak;
"""


@pytest.mark.parametrize("dark", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_chart_is_drawn_with_no_complaint_and_no_word_to_anyone(
    drawn: Drawn, address: str, width: int, dark: bool
) -> None:
    page = drawn(width=width, dark=dark)
    empty = page.run(
        "return [...document.querySelectorAll('[data-chart]')].filter(p => !p.querySelector('.main-svg')).length"
    )
    assert empty == 0
    assert page.complaints() == []
    folder = address.rpartition("/")[0]
    assert {url for url in page.asked_for() if not url.startswith(("data:", "blob:", "about:"))} == {
        address,
        f"{folder}/plotly.min.js",
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_sideways_even_with_every_table_open(drawn: Drawn, width: int) -> None:
    page = drawn(width=width)
    page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert page.run("return document.documentElement.scrollWidth") == width
    wide = """
        return [...document.querySelectorAll('main *')].filter((element) => !element.closest('.scroll, .unseen')
            && element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 90))
    """
    assert page.run(wide) == []


@pytest.mark.parametrize("dark", SCHEMES)
def test_words_stand_out_from_their_ground(drawn: Drawn, dark: bool) -> None:
    page = drawn(dark=dark)
    assert page.run(CONTRAST) == []
    light = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in light[4:-1].split(",")) < 200) == dark


def test_charts_change_with_the_light(drawn: Drawn) -> None:
    page = drawn()
    read = "return getComputedStyle(document.querySelector('#balance-chart .xtick text')).fill"
    before = page.run(read)
    scheme = {"name": "prefers-color-scheme", "value": "dark"}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    page.run_until_done("requestAnimationFrame(() => setTimeout(arguments[0], 500))")
    assert page.run(read) != before


def test_the_first_view_comes_within_a_second_and_the_page_stays_small(
    browser: Browser, release: Path, address: str
) -> None:
    times = []
    for _ in range(3):
        browser.open(address)
        times.append(browser.run("return performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    assert sorted(times)[1] < LONGEST_FIRST_VIEW_MS
    assert sum(path.stat().st_size for path in (release / "site").iterdir()) < LARGEST_BYTES


def test_the_page_says_what_the_marts_say(drawn: Drawn, release: Path) -> None:
    with duckdb.connect(str(release / "trade.duckdb"), read_only=True) as database:
        balances = database.execute(
            "select ledger_code, balance_usd / 1e9 from marts.surplus_annual "
            "where year = 2024 and (ledger_code, partner_iso3) in (('kcs', 'USA'), ('census', 'KOR'))"
        ).fetchall()
        (release_id,) = database.execute("select any_value(release_id) from marts.publication").fetchall()[0]
    page = drawn()
    shown = page.run("return document.getElementById('headline').innerText")
    for _, balance in balances:
        assert f"{balance:+.2f}".replace("-", "−") in shown
    assert len(balances) == 2
    facts = page.run("return [...document.querySelectorAll('figure [data-fact=release] dd')].map(e => e.innerText)")
    assert set(facts) == {release_id}
    row = page.run(
        "return [...document.querySelectorAll('#balance tbody tr')].find(r => r.cells[0].textContent === '2024').textContent"
    )
    assert "+55.63" in row
    assert "+65.97" in row


def test_any_partner_and_period_can_be_chosen(drawn: Drawn, release: Path) -> None:
    page = drawn()
    for name, value in (("partner", "CHN"), ("measure", "0"), ("from", "2020"), ("to", "2022")):
        Select(page.driver.find_element(By.ID, name)).select_by_value(value)
    with duckdb.connect(str(release / "trade.duckdb"), read_only=True) as database:
        rows = database.execute(
            "select year, round(export_usd / 1e9, 2) from marts.surplus_annual "
            "where ledger_code = 'kcs' and partner_iso3 = 'CHN' and year between 2020 and 2022 order by year desc"
        ).fetchall()
        (months,) = database.execute(
            "select count(export_usd) from marts.surplus_monthly "
            "where ledger_code = 'kcs' and partner_iso3 = 'CHN' and year(period_month) between 2020 and 2022"
        ).fetchall()[0]
    table = page.run(
        "return [...document.querySelectorAll('#balance tbody tr')].map(r => [r.cells[0].textContent, r.cells[1].textContent])"
    )
    assert table == [[str(year), f"{value:,.2f}"] for year, value in rows]
    assert "Exports with China, by year." in page.driver.find_element(By.ID, "balance-says").text
    Select(page.driver.find_element(By.ID, "frequency")).select_by_value("month")
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "#balance tbody tr")) >= 36
    line = "return document.getElementById('balance-chart').data[0].y.filter(v => v !== null).length"
    assert page.run(line) == months
    assert page.complaints() == []


def test_a_choice_changes_chart_words_and_table_together(drawn: Drawn) -> None:
    page = drawn()
    before = page.driver.find_element(By.ID, "drivers-kcs-says").text
    Select(page.driver.find_element(By.CSS_SELECTOR, "[data-choice=drivers-kcs]")).select_by_visible_text("2022")
    said = page.driver.find_element(By.ID, "drivers-kcs-says").text
    assert said.startswith("2022:")
    assert said != before
    open_tables = page.run(
        "return [...document.querySelectorAll('#drivers-kcs [data-table]')].filter(t => !t.hidden).length"
    )
    assert open_tables == 1


def test_the_keyboard_reaches_everything(browser: Browser, address: str) -> None:
    browser.open(address)
    press = ActionChains(browser.driver)
    press.send_keys(Keys.TAB).perform()
    assert browser.run("return document.activeElement.className") == "skip"
    assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0
    press.send_keys(Keys.ENTER).perform()
    assert browser.run("return document.activeElement.id") == "main"
    reached = []
    for _ in range(9):
        press.send_keys(Keys.TAB).perform()
        reached.append(browser.run("return document.activeElement.id || document.activeElement.tagName"))
    assert reached[:6] == ["partner", "measure", "frequency", "from", "to", "SUMMARY"]
    browser.run("document.querySelector('#balance summary').focus()")
    press.send_keys(Keys.ENTER).perform()
    assert browser.run("return document.querySelector('#balance details').open") is True
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "one sees where the keyboard is"


def test_a_screen_reader_is_told_what_each_thing_is(drawn: Drawn) -> None:
    page = drawn()
    tree = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = [(n.get("role", {}).get("value"), n.get("name", {}).get("value", "")) for n in tree if not n.get("ignored")]
    for role in ("image", "combobox", "figure", "region", "table"):
        names = [name for found, name in named if found == role]
        assert role == "table" or names, role
        assert all(names), f"a {role} has no name"
    assert ("main", "") in named
    assert page.run("return document.documentElement.lang") == "en"


def test_without_its_script_the_page_is_still_whole_in_words_and_numbers(
    browser: Browser, release: Path, tmp_path: Path
) -> None:
    shutil.copy(release / "site" / "index.html", tmp_path)
    browser.open((tmp_path / "index.html").as_uri())
    assert "+55.63" in browser.run("return document.querySelector('#balance table').textContent")
    assert (
        browser.run("return [...document.querySelectorAll('.chart')].every(place => !place.checkVisibility())") is True
    )


def test_the_served_page_is_the_same(browser: Browser, release: Path) -> None:
    with server(release / "site", 0) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        browser.open(f"http://127.0.0.1:{listening.server_address[1]}/")
        browser.draw_everything()
        listening.shutdown()
        thread.join()
    assert browser.complaints() == []
    assert "+55.63" in browser.run("return document.getElementById('headline').innerText")
