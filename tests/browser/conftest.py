"""A real browser before the page of a real release. Debian's Chromium and its driver; nothing is downloaded."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from tests.conftest import Built

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


@dataclass(frozen=True)
class Browser:
    """One window. `open` forgets what earlier pages said and asked for."""

    driver: webdriver.Chrome

    def open(self, address: str, width: int = 1280, dark: bool = False) -> None:
        tell = self.driver.execute_cdp_cmd
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        tell("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tell("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get("about:blank")
        self._log("browser")
        self._log("performance")
        self.driver.get(address)

    def run(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def run_until_done(self, script: str, *values: Any) -> Any:
        return self.driver.execute_async_script(script, *values)

    def draw_everything(self) -> None:
        """Charts are drawn when they come near the window: goes past each of them."""
        self.run_until_done(
            """
            const done = arguments[0];
            (async () => {
              for (const place of document.querySelectorAll("[data-chart]")) {
                place.scrollIntoView({ behavior: "instant" });
                for (let turn = 0; turn < 100 && !place.querySelector(".main-svg"); turn += 1) {
                  await new Promise((next) => setTimeout(next, 50));
                }
              }
              done();
            })();
            """
        )

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self._log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        """What was said since the last time it was read."""
        entries: list[dict[str, Any]] = self.driver.execute("getLog", {"type": kind})["value"]
        return entries

    def asked_for(self) -> list[str]:
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="session")
def release(built: "Built") -> Path:
    return (built.home / "serving" / "current").resolve()


@pytest.fixture(scope="session")
def address(release: Path) -> str:
    return (release / "site" / "index.html").as_uri()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium and driver, "These tests need a browser: `apt-get install chromium chromium-driver`."
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    window.set_script_timeout(120)
    yield Browser(window)
    window.quit()


@pytest.fixture(scope="session")
def drawn(browser: Browser, address: str) -> Callable[..., Browser]:
    """`drawn(width=…, dark=…)`: the page with all its charts."""

    def show(**how: Any) -> Browser:
        browser.open(address, **how)
        browser.draw_everything()
        return browser

    return show
