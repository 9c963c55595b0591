"""Superset on a copy of a built home, and a browser that has logged in. Debian's Chromium; nothing is downloaded."""

import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from orchestration.settings import PROJECT
from tests.conftest import environment

if TYPE_CHECKING:
    from tests.conftest import Built

DASHBOARD = PROJECT / "dashboards" / "superset"
PYTHON = PROJECT / ".venv-superset" / "bin" / "python"
PATIENCE_SECONDS = 300
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """One start of Superset. `stop` is what Ctrl-C does."""

    process: "subprocess.Popen[bytes]"
    home: Path
    output: Path

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def fact(self, pattern: str) -> str:
        found = re.search(pattern, self.said())
        assert found, self.said()
        return found[1]

    @property
    def address(self) -> str:
        return self.fact(r"(http://127\.0\.0\.1:\d+)")

    @property
    def password(self) -> str:
        return self.fact(r"password  (\S+)")

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


def start(home: Path, port: int | None = None, dashboard: Path = DASHBOARD) -> Served:
    assert PYTHON.exists(), "Superset is not installed: `make superset-test`."
    output = home.parent / f"superset-{time.monotonic_ns()}.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [PYTHON, dashboard / "start.py"],
            env=environment(home, PORT=str(port or free_port())),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Served(process, home, output)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "stored nowhere" not in served.said() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    return served


@pytest.fixture(scope="session")
def home(built: "Built", tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("superset") / "집 of the warehouse"
    copy.mkdir()
    shutil.copytree(built.home / "serving", copy / "serving", symlinks=True)
    shutil.copy(built.home / "warehouse.duckdb", copy)
    return copy


@pytest.fixture(scope="session")
def served(home: Path) -> Iterator[Served]:
    server = start(home)
    yield server
    server.stop()


def _drawn(chart: WebElement, driver: webdriver.Chrome) -> bool:
    waiting = chart.find_elements(By.CSS_SELECTOR, "[data-test=loading-indicator]")
    return not waiting and bool(chart.find_elements(By.CSS_SELECTOR, ".slice_container"))


@dataclass(frozen=True)
class Screen:
    driver: webdriver.Chrome
    address: str

    def open_dashboard(self) -> str:
        """The text of the dashboard, once every chart of it was near the window and has drawn."""
        self.driver.get(f"{self.address}/superset/dashboard/korea-us-trade/")
        wait = WebDriverWait(self.driver, PATIENCE_SECONDS)
        wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "[data-test-viz-type=big_number_total]"))
        for chart in self.driver.find_elements(By.CSS_SELECTOR, "[data-test=chart-grid-component]"):
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
            wait.until(partial(_drawn, chart))
        return str(self.driver.execute_script("return document.body.innerText"))


@pytest.fixture(scope="session")
def screen(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium and driver, "These tests need a browser: `apt-get install chromium chromium-driver`."
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, "--window-size=1440,4600", f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    window.set_script_timeout(PATIENCE_SECONDS)
    window.get(f"{served.address}/login/")
    wait = WebDriverWait(window, PATIENCE_SECONDS)
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "input[type=password]"))
    window.find_element(By.CSS_SELECTOR, "input[name=username], #username").send_keys("admin")
    window.find_element(By.CSS_SELECTOR, "input[type=password]").send_keys(served.password)
    window.find_element(By.CSS_SELECTOR, "button[type=submit], [data-test=login-button]").click()
    wait.until(lambda page: "/login" not in page.current_url)
    yield Screen(window, served.address)
    window.quit()
