"""A server as it runs for months, through its worst day: the daemon ticks, fetches, builds and publishes by itself.

Slow (ten minutes and more): `make daemon`. The publisher is a local server, the archive is cut to its last years.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.instance.ref import InstanceRef

from orchestration.landing import releases
from orchestration.launcher import worker
from orchestration.settings import PROJECT, Settings
from tests.conftest import ENTREPOT, environment
from tests.faults.publishers import ecb
from tests.faults.publishers.server import Answer, Asked, Served, serving

Start = Callable[..., subprocess.Popen[bytes]]
LONGEST_WAIT_SECONDS = 1800
CODE = ("-m", "tests.daemon.every_minute", "-d", str(PROJECT))
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


class Ecb:
    """Prints what the archive holds, and as many working days more as it is told to: rates that no test of the data doubts."""

    def __init__(self) -> None:
        (path,) = (PROJECT / "seeds" / "archive" / "ecb").glob("*.parquet")
        held = pq.read_table(path).to_pylist()
        self.rows: list[dict[str, str]] = sorted(held, key=lambda row: row["Date"], reverse=True)
        self.days = 0

    def __call__(self, asked: Asked) -> Answer:
        newest = self.rows[0]
        later = pd.bdate_range(newest["Date"], periods=self.days + 1)[:0:-1]
        rows = [
            *(moved(newest, day, number) for number, day in zip(range(self.days, 0, -1), later, strict=True)),
            *self.rows,
        ]
        lines = [",".join(newest), *(",".join(cell or "N/A" for cell in row.values()) for row in rows)]
        return ecb.zipped("\n".join(f"{line}," for line in lines) + "\n")


def moved(newest: dict[str, str], day: pd.Timestamp, number: int) -> dict[str, str]:
    """The newest day's rates a fifth of a per cent higher for each day since: a market in which nothing moves is doubted."""
    rates = {code: rate for code, rate in newest.items() if code != "Date" and rate not in (None, "N/A")}
    higher = {code: f"{float(rate) * (1 + 0.002 * number):.4f}" for code, rate in rates.items()}
    return newest | higher | {"Date": f"{day:%Y-%m-%d}"}


class Server:
    """A home, and the processes that run on it."""

    def __init__(self, home: Path, served: Served, archive: Path, start: Start, log: Path) -> None:
        self.home, self._start, self._log = home, start, log
        self.known = {
            "ENTREPOT_ARCHIVE": str(archive),
            "ENTREPOT_FETCH_VIA": served.address,
            "ENTREPOT_SECRETS": str(home.parent / "none.env"),
            "DAGSTER_HOME": str(home / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }
        self.started = 0

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        self.started += 1
        log = self._log / f"daemon{self.started}.log"
        daemon = self._start(self.home, log, "dagster-daemon", "run", *CODE, **self.known)
        try:
            yield daemon
        finally:
            kill(*family(daemon.pid))
            daemon.wait()

    def switch_on(self, sensor: str) -> None:
        subprocess.run(
            [ENTREPOT.with_name("dagster"), "sensor", "start", sensor, *CODE],
            env=environment(self.home, **self.known),
            check=True,
            capture_output=True,
            timeout=LONGEST_WAIT_SECONDS,
        )

    @contextmanager
    def instance(self) -> Iterator[DagsterInstance]:
        with DagsterInstance.from_ref(InstanceRef.from_dir(str(self.home / "dagster"))) as instance:
            yield instance

    def runs(self, job: str | None, *statuses: DagsterRunStatus) -> list[DagsterRun]:
        with self.instance() as instance:
            return list(instance.get_runs(RunsFilter(job_name=job, statuses=list(statuses) or None)))

    def runs_by_id(self, run_id: str) -> DagsterRunStatus:
        (run,) = [run for run in self.runs(None) if run.run_id == run_id]
        return run.status

    def ticked(self, sensor: str) -> bool:
        with self.instance() as instance:
            states = [state for state in instance.all_instigator_state() if state.instigator_name == sensor]
            return any(instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1) for state in states)

    @property
    def release(self) -> str:
        link = self.home / "serving" / "current"
        return link.readlink().name if link.is_symlink() else ""

    def held(self) -> int:
        return len(
            [kept for kept in releases(self.home / "landing", "ecb", "reference_rates") if kept.basis == "fetched"]
        )

    def printings_served(self) -> int:
        with duckdb.connect(str(self.home / "serving" / "current" / "trade.duckdb"), read_only=True) as reader:
            found = reader.execute("select release_count from marts.data_health where table_name = 'reference_rates'")
            return int(found.fetchall()[0][0])

    def building(self) -> DagsterRun | None:
        """The run that is in the midst of dbt, if there is one."""
        for run in self.runs(None, DagsterRunStatus.STARTED):
            with self.instance() as instance:
                started = instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_START)
                if any(record.dagster_event and record.dagster_event.step_key == "models" for record in started):
                    return run
        return None

    def worker(self, run: DagsterRun) -> int:
        with self.instance() as instance:
            pid = worker(instance, run.run_id)
        assert pid is not None
        return pid


def family(pid: int) -> list[int]:
    """A process and all that it started, and that those started."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in table.splitlines()]
    found = [pid]
    for member in found:
        found.extend(child for child, parent in parents if parent == member)
    return found


def kill(*pids: int) -> None:
    """Returns when they are dead: until then their children are still theirs, and `family` would name them."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while any(runs(pid) for pid in pids):
        time.sleep(0.05)


def runs(pid: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(told.strip()) and not told.startswith("Z")


def until(condition: Callable[[], object], what: str, log: Path) -> None:
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    while not condition():
        said = "\n".join(path.read_text(errors="replace")[-4000:] for path in sorted(log.glob("daemon*.log")))
        assert time.monotonic() < end, f"{what}: not within {LONGEST_WAIT_SECONDS} s\n{said}"
        time.sleep(1)


@pytest.fixture
def printed() -> Ecb:
    return Ecb()


@pytest.fixture
def server(tmp_path: Path, trimmed_archive: Path, start: Start, printed: Ecb) -> Iterator[Server]:
    home = tmp_path / "home"
    Settings(home=home).prepare()
    with serving() as served:
        served.always(ecb.HOST, printed)
        yield Server(home, served, trimmed_archive, start, tmp_path)


def test_a_server_works_by_itself_and_goes_on_after_it_was_killed(server: Server, printed: Ecb, tmp_path: Path) -> None:
    with server.running() as daemon:
        until(lambda: server.held() == 1, "the schedule ticks and a printing is landed", tmp_path)
        server.switch_on("build_when_something_came")
        until(lambda: server.ticked("build_when_something_came"), "the sensor looks", tmp_path)
        printed.days = 1
        until(server.building, "what came is built", tmp_path)
        dead = server.building()
        assert dead is not None
        kill(*family(daemon.pid), server.worker(dead))

    assert server.release == ""
    with server.running() as daemon:
        until(lambda: server.release, "a new daemon finds the dead run and builds again", tmp_path)
        assert server.runs_by_id(dead.run_id) == DagsterRunStatus.FAILURE
        assert server.printings_served() == server.held() + 1
        first = server.release

        printed.days = 2
        until(server.building, "the next printing is built", tmp_path)
        living = server.building()
        assert living is not None
        pid = server.worker(living)
        kill(*(each for each in family(daemon.pid) if each not in family(pid)))

    with server.running():
        until(lambda: server.release != first, "the release flips though daemon and code server died", tmp_path)
        until(lambda: server.runs_by_id(living.run_id).value in ENDED, "the run ends", tmp_path)
        assert server.runs_by_id(living.run_id) == DagsterRunStatus.SUCCESS
        assert server.printings_served() == server.held() + 1 == 4
    assert list((server.home / "landing").rglob("*.part")) == []
