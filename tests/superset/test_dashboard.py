"""What a person sees who starts Superset, logs in and opens the dashboard."""

import json
import shutil
import socket
import sqlite3
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from orchestration.publishing import release
from orchestration.publishing.release import Mart

from .conftest import DASHBOARD, Screen, Served, start

BUNDLE = DASHBOARD / "bundle"
TABLES = {"dbs": "databases", "tables": "datasets", "slices": "charts", "dashboards": "dashboards"}


def served_id(home: Path) -> str:
    publication = release.current(home / "serving")
    assert publication is not None
    return publication.release_id


def held(home: Path) -> dict[str, int]:
    with sqlite3.connect(home / "superset" / "superset.db") as state:
        return {table: state.execute(f"select count(*) from {table}").fetchone()[0] for table in TABLES}


def test_the_dashboard_shows_both_ledgers_the_release_and_no_error(screen: Screen, home: Path) -> None:
    text = screen.open_dashboard()
    assert "+55.6" in text
    assert "−66.0" in text.replace("-66.0", "−66.0")
    assert served_id(home) in text
    assert "contradicted" in text
    assert "never in force" in text
    for wrong in ("Unexpected error", "DuckDB Error", "No results were returned", "Data error"):
        assert wrong not in text


def test_no_request_leaves_loopback(screen: Screen) -> None:
    screen.driver.execute("getLog", {"type": "performance"})
    screen.open_dashboard()
    entries = screen.driver.execute("getLog", {"type": "performance"})["value"]
    events = [json.loads(entry["message"])["message"] for entry in entries]
    stopped = {event["params"]["requestId"] for event in events if event["params"].get("blockedReason") == "csp"}
    hosts = {
        urlsplit(event["params"]["request"]["url"]).hostname
        for event in events
        if event["method"] == "Network.requestWillBeSent" and event["params"]["requestId"] not in stopped
    }
    assert hosts - {None} == {"127.0.0.1"}


def test_a_query_can_neither_write_nor_open_another_file(screen: Screen, home: Path) -> None:
    ask = """
        const [sql, done] = arguments;
        (async () => {
          const token = (await (await fetch("/api/v1/security/csrf_token/")).json()).result;
          const database = (await (await fetch("/api/v1/database/")).json()).result[0].id;
          const answer = await fetch("/api/v1/sqllab/execute/", {
            method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token },
            body: JSON.stringify({ database_id: database, sql, runAsync: false, schema: "marts" }),
          });
          done(await answer.text());
        })();
    """
    screen.driver.get(f"{screen.address}/superset/welcome/")
    answer = screen.driver.execute_async_script(ask, "select count(*) as n from marts.surplus_annual")
    assert json.loads(answer).get("data", answer)[0]["n"] > 10_000
    other = next((home / "serving" / "current" / "parquet").glob("*.parquet"))
    answer = screen.driver.execute_async_script(ask, f"select count(*) from read_parquet('{other}')")
    assert "disabled by configuration" in answer
    assert "errors" in screen.driver.execute_async_script(ask, "drop table marts.surplus_annual")


def test_the_password_and_the_key_are_shown_to_nobody(served: Served, home: Path) -> None:
    processes = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert served.password not in processes
    for path in (home / "superset").iterdir():
        assert served.password.encode() not in path.read_bytes(), path.name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((home / "superset").stat().st_mode) == 0o700


def test_a_second_start_makes_no_duplicates_and_ctrl_c_ends_it(served: Served, home: Path, screen: Screen) -> None:
    before, key = held(home), (home / "superset" / "secret_key").read_text()
    assert before == {table: len(list((BUNDLE / folder).glob("*.yaml"))) for table, folder in TABLES.items()}
    again = start(home)
    assert again.password != served.password
    port = urlsplit(again.address).port
    assert again.stop() == 0
    assert "Ended." in again.said()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port or 0)) != 0
    assert held(home) == before
    assert (home / "superset" / "secret_key").read_text() == key


def test_after_a_publish_the_new_release_is_shown(screen: Screen, home: Path) -> None:
    before = release.current(home / "serving")
    assert before is not None
    new = release.publish(
        home / "serving",
        home / "warehouse.duckdb",
        [Mart(name, ()) for name in before.marts],
        fingerprint="cafecafe",
        code_version="1",
        tests_passed=1,
        tests_warned=0,
    )
    text = screen.open_dashboard()
    assert new.release_id in text
    assert before.release_id not in text


def test_a_port_in_use_is_named(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = start(home, port)
    assert refused.process.wait() == 1
    assert refused.said().startswith(f"Error: Cannot listen on 127.0.0.1:{port} ")
    assert "Traceback" not in refused.said()


def test_a_bundle_that_superset_refuses_is_told_and_nothing_of_it_is_kept(
    served: Served, home: Path, tmp_path: Path
) -> None:
    before = held(home)
    broken = shutil.copytree(DASHBOARD, tmp_path / "superset")
    chart = broken / "bundle" / "charts" / "claims.yaml"
    chart.write_text(chart.read_text(encoding="utf-8").replace("viz_type:", "kind:"), encoding="utf-8")
    refused = start(home, dashboard=broken)
    assert refused.stop() == 1
    assert f"Error: Superset refuses {broken / 'bundle'}: " in refused.said()
    assert "claims.yaml" in refused.said()
    assert "Traceback" not in refused.said()
    assert held(home) == before


def test_a_home_without_a_release_is_told_what_to_do(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = start(empty)
    assert refused.process.wait() == 1
    assert "Nothing is published" in refused.said()
    assert "make build" in refused.said()
    assert list(empty.iterdir()) == []
