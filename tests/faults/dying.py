"""Jobs that die at a named moment, for `test_kills`: `python -m tests.faults.dying` carries out one order a line.

All is imported once. A child in a process group of its own carries out each order and at the named moment kills its whole
group, dbt included. The code that dies knows nothing of it: its functions are watched from here.
"""

import io
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pandas  # noqa: F401 - DuckDB imports it at the first parameter: once here, not in every child
import pyarrow.parquet as pq
from dagster_dbt import DbtCliInvocation
from pydantic import BaseModel

from orchestration import cli, landing, transform, warehouse
from orchestration.archive import bundled
from orchestration.inputs import code_version, fingerprint
from orchestration.publishing import release
from orchestration.publishing.release import Mart
from orchestration.settings import Settings, settings
from orchestration.source import Source, discover

SHORT_MARTS = ("surplus_vintages", "publication")
BUILD = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test", "--select"]
ALL_OF_THEM = " ".join(f"+{mart}" for mart in SHORT_MARTS)
TABLES_OF_THEM = " ".join(
    f"+{mart},config.materialized:table" for mart in SHORT_MARTS
)  # views show what is new by themselves

Passed = Callable[[], None]
Watch = Callable[[Passed], None]


class Order(BaseModel):
    """One run. It dies when `moment` is reached for the `point`-th time, or after so many seconds, or not at all."""

    job: str
    settings: dict[str, str]
    said: Path
    moment: str = ""
    point: int = 1
    after_seconds: float | None = None


class Done(BaseModel):
    """How a run ended: its exit code, negative where a signal ended it, and how often it reached each moment."""

    code: int
    points: dict[str, int] = {}


def always(*_: Any, **__: Any) -> bool:
    return True


def put(owner: Any, name: str, watched: Callable[..., Any]) -> None:
    setattr(owner, name, watched)


def before(owner: Any, name: str, when: Callable[..., bool] = always) -> Watch:
    def watch(passed: Passed) -> None:
        real = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            if when(*arguments, **named):
                passed()
            return real(*arguments, **named)

        put(owner, name, watched)

    return watch


def after(owner: Any, name: str, when: Callable[..., bool] = always) -> Watch:
    def watch(passed: Passed) -> None:
        real = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            answer = real(*arguments, **named)
            if when(*arguments, **named):
                passed()
            return answer

        put(owner, name, watched)

    return watch


class Watched:
    """A DuckDB connection that tells before and after it executes a statement that begins in some way."""

    def __init__(self, real: duckdb.DuckDBPyConnection, start: str, before: Passed, after: Passed) -> None:
        self._real, self._start, self._before, self._after = real, start, before, after

    def execute(self, statement: str, *rest: Any) -> Any:
        is_it = statement.startswith(self._start)
        if is_it:
            self._before()
        answer = self._real.execute(statement, *rest)
        if is_it:
            self._after()
        return answer

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self._real.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def nothing() -> None:
    """A moment at which nobody waits."""


def before_sql(start: str) -> Watch:
    def watch(passed: Passed) -> None:
        real = duckdb.connect
        put(duckdb, "connect", lambda *arguments, **named: Watched(real(*arguments, **named), start, passed, nothing))

    return watch


def after_sql(start: str) -> Watch:
    def watch(passed: Passed) -> None:
        real = duckdb.connect
        put(duckdb, "connect", lambda *arguments, **named: Watched(real(*arguments, **named), start, nothing, passed))

    return watch


def half_a_reply_has_come(passed: Passed) -> None:
    real = httpx.Response.aiter_raw

    async def watched(response: httpx.Response, *arguments: Any) -> Any:
        async for chunk in real(response, 1000):
            yield chunk
            passed()

    put(httpx.Response, "aiter_raw", watched)


def half_a_landing_file_is_written(passed: Passed) -> None:
    real = pq.write_table

    def watched(rows: Any, handle: Any, **named: Any) -> None:
        content = io.BytesIO()
        real(rows, content, **named)
        half = len(content.getvalue()) // 2
        handle.write(content.getvalue()[:half])
        handle.flush()
        passed()
        handle.write(content.getvalue()[half:])

    put(pq, "write_table", watched)


def dbt_begins_a_model(passed: Passed) -> None:
    real = DbtCliInvocation.stream_raw_events

    def watched(invocation: DbtCliInvocation) -> Iterator[Any]:
        for event in real(invocation):
            if event.raw_event["info"]["name"] == "LogStartLine":
                passed()
            yield event

    put(DbtCliInvocation, "stream_raw_events", watched)


def an_old_release_is_half_removed(passed: Passed) -> None:
    real = shutil.rmtree

    def watched(folder: Path, *arguments: Any, **named: Any) -> None:
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.name.startswith(".tmp-") else []
        if files:
            files[0].unlink()
            passed()
        real(folder, *arguments, **named)

    put(shutil, "rmtree", watched)


def is_part(path: Path, *_: Any) -> bool:
    return path.suffix == ".part"


def is_link(path: Path, *_: Any) -> bool:
    return path.name.startswith(".current-")


def takes_a_name(path: Path, *_: Any) -> bool:
    return path.name.startswith(".tmp-")


def loses_its_name(path: Path, target: Path) -> bool:
    return target.name.startswith(".tmp-")


MOMENTS: dict[str, Watch] = {
    "half a landing file is written": half_a_landing_file_is_written,
    "a landing file is whole and has no name": before(Path, "replace", is_part),
    "a landing file has its name and is not in the ledger": after(Path, "replace", is_part),
    "a load begins": before_sql("begin"),
    "rows are loaded and not in the ledger": before(warehouse, "_write_ledger"),
    "rows are in the ledger and not committed": after(warehouse, "_write_ledger"),
    "a load is committed and not checkpointed": after(warehouse, "_load_releases"),
    "the warehouse is closed after a load": after(warehouse, "load"),
    "dbt begins a model": dbt_begins_a_model,
    "dbt has ended": before(transform, "tests"),
    "a release begins": before_sql("create schema trade.marts"),
    "a mart is copied into the release": before(release, "_copy"),
    "a mart is copied and not committed": before_sql("comment on column trade"),
    "a Parquet file of the release is written": before_sql("copy marts"),
    "before the checkpoint of the release": before_sql("checkpoint trade"),
    "after the checkpoint of the release": after_sql("checkpoint trade"),
    "before the manifest is written": before(release, "_write_manifest"),
    "after the manifest is written": after(release, "_write_manifest"),
    "before the release has its name": before(Path, "rename", takes_a_name),
    "after the release has its name": after(Path, "rename", takes_a_name),
    "before the flip": before(Path, "replace", is_link),
    "after the flip": after(Path, "replace", is_link),
    "an old release has lost its name": after(Path, "rename", loses_its_name),
    "an old release is half removed": an_old_release_is_half_removed,
}
OF_DBT = ("dbt begins a model", "dbt has ended")
MOMENTS_OF: dict[str, list[str]] = {
    "short": list(MOMENTS),
    "bare": [name for name in MOMENTS if name not in OF_DBT],
}
MOMENTS_OF_A_FETCH: dict[str, Watch] = {
    "half a reply has come": half_a_reply_has_come,
    "a reply is read": after(landing, "checksum"),
    **{name: MOMENTS[name] for name in list(MOMENTS)[:3]},
}


def land_and_load(at: Settings, sources: Iterable[Source]) -> None:
    for source in sources:
        for table in source.tables:
            for one, rows in bundled(at.archive, source.name, table.name):
                landing.land(at.landing, one, rows)
            warehouse.load(at.warehouse, at.landing, source, table)


def publish(at: Settings, marts: Sequence[Mart]) -> None:
    release.publish(
        at.serving,
        at.warehouse,
        marts,
        fingerprint=fingerprint(at),
        code_version=code_version(),
        tests_passed=0,
        tests_warned=0,
        keep=1,
        keep_for=timedelta(0),
    )


def short_job(models: str = TABLES_OF_THEM) -> None:
    """Every landing file and load of the main job, by its own functions; dbt without tests, and a release, of two marts."""
    at = settings()
    at.export()
    with at.writer():
        land_and_load(at, discover())
        transform.forget_results(at)
        run = transform.dbt_resource(at).cli([*BUILD, models], target_path=at.dbt_target, raise_on_error=False)
        for _ in run.stream_raw_events():
            pass
        transform.tests(at)
        publish(at, [mart for mart in transform.marts(at) if mart.name in SHORT_MARTS])


def bare_job() -> None:
    """The sources of the archive alone, and one SQL statement for dbt: a mart of every row of every printing loaded."""
    at = settings()
    with at.writer():
        land_and_load(at, [source for source in discover() if (at.archive / source.name).is_dir()])
        with duckdb.connect(str(at.warehouse)) as database:
            tables = database.execute("select source_name, table_name from entrepot.raw_tables order by all").fetchall()
            rows = " union all ".join(
                f"select '{source}.{table}' as dataset_code, _release_id as release_id, _known_from as known_from, "
                f'_row_number as row_number, cast(said as varchar) as said from "{source}"."{table}" as said'
                for source, table in tables
            )
            database.execute("create schema if not exists marts")
            database.execute(f"create or replace table marts.surplus_vintages as {rows}")
            database.execute("comment on column marts.surplus_vintages.said is 'The row, as text.'")
            database.execute(
                "create or replace table marts.publication (release_id varchar, published_at_utc timestamp, code_version "
                "varchar, mart_name varchar, row_count bigint, tests_passed_count bigint, tests_warned_count bigint)"
            )
        publish(
            at,
            [
                Mart("publication", ("mart_name",)),
                Mart("surplus_vintages", ("dataset_code", "release_id", "row_number")),
            ],
        )


JOBS: dict[str, Callable[[], None]] = {
    "first": lambda: short_job(ALL_OF_THEM),
    "short": short_job,
    "bare": bare_job,
    "build": lambda: cli.app(["build"]),
    "fetch": lambda: cli.app(["fetch", "ecb", "--from", "2026-01"]),
}


def carry_out(order: Order) -> dict[str, int]:
    """In the child. Returns how often each moment was reached, unless it dies."""
    points: Counter[str] = Counter()

    def passes(name: str) -> Passed:
        def passed() -> None:
            points[name] += 1
            if (name, points[name]) == (order.moment, order.point):
                os.killpg(0, signal.SIGKILL)

        return passed

    os.environ.update(order.settings)
    for name, watch in (MOMENTS_OF_A_FETCH if order.job == "fetch" else MOMENTS).items():
        watch(passes(name))
    try:
        JOBS[order.job]()
    except SystemExit as ended:
        if ended.code:
            raise
    return dict(points)


def start(order: Order) -> tuple[int, int]:
    """The child's process id, and where to read what it counted."""
    told, telling = os.pipe()
    child = os.fork()
    if child:
        with suppress(OSError):  # the child may have done so already, or be gone
            os.setpgid(child, child)
        os.close(telling)
        return child, told
    os.setpgid(0, 0)
    with order.said.open("wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    code = 1
    try:
        points = carry_out(order)
        os.write(telling, json.dumps(points).encode())
        code = 0
    except BaseException as problem:
        sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def done(order: Order) -> Done:
    child, told = start(order)
    if order.after_seconds is not None:
        end = time.monotonic() + order.after_seconds
        while time.monotonic() < end and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    with open(told, "rb") as points:  # noqa: PTH123 - a pipe
        counted = points.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Done(code=code, points=json.loads(counted or b"{}"))


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(done(Order.model_validate_json(line)).model_dump_json() + "\n")
        sys.stdout.flush()
