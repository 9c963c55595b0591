"""What `make lineage` drew: columns lead to the publishers' figures, and the page asks nobody."""

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

from orchestration.settings import settings

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE_SECONDS = 120
FOLLOWED_SHARE = 0.95


def drawn(name: str) -> Any:
    return json.loads((settings().home / "lineage" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def parents() -> dict[str, dict[str, list[dict[str, str]]]]:
    """By model and column, the columns it is computed from."""
    found: dict[str, dict[str, list[dict[str, str]]]] = drawn("colibri-manifest.json")["lineage"]["parents"]
    return found


def origins(parents: dict[str, dict[str, list[dict[str, str]]]], model: str, column: str) -> set[str]:
    seen: set[tuple[str, str]] = set()
    waiting = [(model, column)]
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            waiting.extend(
                (origin["dbt_node"], origin["column"]) for origin in parents.get(here[0], {}).get(here[1], [])
            )
    return {f"{node}.{name}" for node, name in seen if node.startswith("source.")}


def test_the_balance_of_a_year_comes_from_the_printed_flows(
    parents: dict[str, dict[str, list[dict[str, str]]]],
) -> None:
    found = origins(parents, "model.entrepot.surplus_annual", "balance_usd")
    assert {"source.entrepot.kcs.country_totals.expdlr", "source.entrepot.kcs.country_totals.impdlr"} <= found


def test_nearly_all_columns_of_sql_models_are_followed(parents: dict[str, dict[str, list[dict[str, str]]]]) -> None:
    columns = drawn("dbt/catalog.json")["nodes"]
    models = {
        name
        for name, node in drawn("dbt/manifest.json")["nodes"].items()
        if node["resource_type"] == "model" and node["language"] == "sql"
    }
    wanted = [(name, column) for name in models for column in columns[name]["columns"]]
    followed = [(name, column) for name, column in wanted if parents.get(name, {}).get(column)]
    assert len(wanted) > 1000
    assert len(followed) / len(wanted) > FOLLOWED_SHARE


def test_the_page_asks_nobody(tmp_path: Path) -> None:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium and driver, "These tests need a browser: `apt-get install chromium chromium-driver`."
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    try:
        window.get((settings().home / "lineage" / "index.html").resolve().as_uri())
        WebDriverWait(window, PATIENCE_SECONDS).until(
            lambda page: "entrepot" in page.execute_script("return document.body.innerText")
        )
        events = [
            json.loads(entry["message"])["message"]
            for entry in window.execute("getLog", {"type": "performance"})["value"]
        ]
    finally:
        window.quit()
    asked = {
        urlsplit(event["params"]["request"]["url"]).scheme
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
    assert "file" in asked
    assert asked <= {"file", "data", "chrome", "blob"}
