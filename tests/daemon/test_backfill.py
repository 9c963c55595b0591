"""A backfill of months as the Dagster page starts one: the daemon makes it one run, asks each month once, shows what came.

Slow, with `make daemon`. The publisher is a local server.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRun
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.instance.ref import InstanceRef

from orchestration.landing import months_held
from orchestration.settings import PROJECT, Settings
from tests.faults.publishers import kcs
from tests.faults.publishers.fetching import QUICK
from tests.faults.publishers.server import Served, serving

from .test_daemon import family, kill, until

TOTALS = AssetKey(["fetched", "kcs", "country_totals"])
MONTHS = [f"2025-{month:02}" for month in range(1, 7)]
ENDED = (BulkActionStatus.COMPLETED_SUCCESS, BulkActionStatus.COMPLETED_FAILED, BulkActionStatus.FAILED)


class Daemon:
    """A home with a key of one publisher, the daemon that runs on it, and its log."""

    def __init__(self, home: Path, served: Served, log: Path) -> None:
        self.home, self.served, self.log = home, served, log

    @contextmanager
    def instance(self) -> Iterator[DagsterInstance]:
        with DagsterInstance.from_ref(InstanceRef.from_dir(str(self.home / "dagster"))) as instance:
            yield instance

    def backfill(self, name: str) -> None:
        """Asks for the months as the page does, and waits until the backfill has ended well."""
        from orchestration.definitions import defs

        with self.instance() as instance:
            instance.add_backfill(
                PartitionBackfill.from_asset_partitions(
                    backfill_id=name,
                    asset_graph=defs.resolve_asset_graph(),
                    partition_names=MONTHS,
                    asset_selection=[TOTALS],
                    backfill_timestamp=time.time(),
                    tags={},
                    dynamic_partitions_store=instance,
                    all_partitions=False,
                    title=name,
                    description=None,
                    run_config=None,
                )
            )
        until(lambda: self._status(name) in ENDED, f"the backfill {name} ends", self.log)
        assert self._status(name) == BulkActionStatus.COMPLETED_SUCCESS

    def _status(self, name: str) -> BulkActionStatus | None:
        with self.instance() as instance:
            found = instance.get_backfill(name)
        return found.status if found else None

    def runs(self) -> list[DagsterRun]:
        with self.instance() as instance:
            return [run for run in instance.get_runs() if run.tags.get("dagster/backfill")]

    def shown(self) -> list[str]:
        with self.instance() as instance:
            return sorted(instance.get_materialized_partitions(TOTALS))

    def is_fresh(self) -> bool:
        with self.instance() as instance:
            record = instance.get_freshness_state_records([TOTALS]).get(TOTALS)
        return record is not None and record.freshness_state == FreshnessState.PASS


@pytest.fixture
def daemon(tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]) -> Iterator[Daemon]:
    home = tmp_path / "home"
    Settings(home=home).prepare()
    with serving() as served:
        served.always(kcs.HOST, kcs.publisher)
        known = {
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "DAGSTER_HOME": str(home / "dagster"),
            "ENTREPOT_FETCH_VIA": served.address,
            "ENTREPOT_KCS_KEY": kcs.WORKING_KEY,
            "ENTREPOT_SECRETS": str(tmp_path / "none.env"),
            **{f"ENTREPOT_PATIENCE__{name.upper()}": str(value) for name, value in QUICK.model_dump().items()},
        }
        code = ("-m", "orchestration.definitions", "-d", str(PROJECT))
        running = start(home, tmp_path / "daemon1.log", "dagster-daemon", "run", *code, **known)
        try:
            yield Daemon(home, served, tmp_path)
        finally:
            kill(*family(running.pid))
            running.wait()


def test_a_backfill_is_one_run_that_asks_each_month_once_and_shows_it(daemon: Daemon) -> None:
    daemon.backfill("first")
    asked = [call.params["strtYymm"] for call in daemon.served.asked]
    assert sorted(asked) == [month.replace("-", "") for month in MONTHS]
    assert len(daemon.runs()) == 1
    assert daemon.shown() == MONTHS
    held = months_held(daemon.home / "landing", "kcs", "country_totals")
    assert sorted(f"{month:%Y-%m}" for month in held) == MONTHS
    until(daemon.is_fresh, "the table is called fresh, by its calendar", daemon.log)

    daemon.backfill("again")
    assert len(daemon.served.asked) == len(MONTHS)
    assert len(daemon.runs()) == 2
    assert daemon.shown() == MONTHS
