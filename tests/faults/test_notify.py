"""A failed run is told to the address of the one setting, and the address to nobody."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterEventType, DagsterInstance, SkipReason, build_run_status_sensor_context, job, op

from orchestration.errors import EntrepotError
from orchestration.notify import failure_sensor, send

WORD = "sesame-of-the-desk"


@dataclass
class Desk:
    """A webhook on this machine, and what it was told."""

    address: str = ""
    status: int = 200
    told: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Desk]:
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            desk.told.append({"path": self.path, **json.loads(body)})
            self.send_response(desk.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    desk.address = f"json://127.0.0.1:{server.server_address[1]}/{WORD}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield desk
    server.shutdown()
    server.server_close()
    thread.join()


def tell_of_a_failure() -> Any:
    """Runs a job that fails, and the sensor on its failure, as the daemon does."""

    @op
    def ask() -> None:
        raise EntrepotError("kcs/country_totals 2026-10: the key has expired (code 31). Nothing of it was kept.")

    @job
    def fetch_kcs() -> None:
        ask()

    with DagsterInstance.ephemeral() as instance:
        ended = fetch_kcs.execute_in_process(instance=instance, raise_on_error=False)
        (failed,) = ended.filter_events(lambda event: event.event_type == DagsterEventType.RUN_FAILURE)
        context = build_run_status_sensor_context(
            sensor_name="tell_of_failures",
            dagster_event=failed,
            dagster_instance=instance,
            dagster_run=ended.dagster_run,
        ).for_run_failure()
        return failure_sensor()(context)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENTREPOT_HOME", str(tmp_path))
    monkeypatch.delenv("ENTREPOT_NOTIFY_URL", raising=False)


def test_a_failed_run_is_told_with_its_reason(webhook: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_NOTIFY_URL", webhook.address)
    tell_of_a_failure()
    (told,) = webhook.told
    assert told["path"] == f"/{WORD}"
    assert told["title"] == "Entrepôt: fetch_kcs failed"
    assert "the key has expired (code 31)" in told["message"]
    assert "Traceback" not in told["message"]


def test_without_the_setting_nobody_is_told(webhook: Desk) -> None:
    answer = tell_of_a_failure()
    assert isinstance(answer, SkipReason)
    assert webhook.told == []


@pytest.mark.parametrize("wrong", ["refused", "unknown", "silent"])
def test_an_address_that_takes_nothing_is_told_without_the_address(
    webhook: Desk, wrong: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    webhook.status = 500
    addresses = {
        "refused": webhook.address,
        "unknown": f"telegraph://{WORD}",
        "silent": f"json://127.0.0.1:1/{WORD}",
    }
    with caplog.at_level(logging.DEBUG), pytest.raises(EntrepotError, match="Nobody was told") as problem:
        send(addresses[wrong], "Entrepôt", "a run failed")
    printed = capfd.readouterr()
    for said in (str(problem.value), caplog.text, printed.out, printed.err):
        assert WORD not in said
