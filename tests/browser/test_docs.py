"""dbt's documentation, in a real browser: it opens at a mart and speaks to nobody."""

from pathlib import Path
from urllib.parse import urlsplit

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from .conftest import Browser


def test_the_documentation_opens_at_a_mart_and_asks_for_nothing_outside_its_folder(
    browser: Browser, release: Path
) -> None:
    page = release / "site" / "docs" / "index.html"
    browser.open(f"{page.as_uri()}#!/model/model.entrepot.surplus_monthly")
    WebDriverWait(browser.driver, 60).until(
        lambda driver: "One row per ledger" in driver.find_element(By.TAG_NAME, "body").text
    )
    asked = {urlsplit(url) for url in browser.asked_for()}
    assert {url.scheme for url in asked} <= {"file", "data", "about"}
    assert all(
        url.path.startswith(page.parent.as_uri().removeprefix("file://")) for url in asked if url.scheme == "file"
    )
