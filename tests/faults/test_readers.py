"""Readers while releases change under them: none fails, none sees half of two releases, none is left behind.

A second or two here; `make readers` reads for half a minute each and prints what was counted, `make load` asks the twelve
questions fifty at once for five minutes.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

import duckdb
import pytest
from rich.console import Console
from rich.table import Table

from orchestration.publishing import release
from orchestration.publishing.release import Mart
from orchestration.settings import PROJECT, Settings
from orchestration.transform import marts
from tests.pipeline.test_readme import QUESTIONS

from .readers import Seen, added, answer, read

if TYPE_CHECKING:
    from tests.conftest import Built

SECONDS = float(os.environ.get("ENTREPOT_READ_SECONDS", "2"))
LOAD_SECONDS = float(os.environ.get("ENTREPOT_LOAD_SECONDS", "0"))
LOAD_READERS, LOAD_RELEASES = (50, 10) if LOAD_SECONDS else (5, 1)
# Readers that never rest take both cores from the publisher for minutes: that is `make load`.
PAUSE_SECONDS = 0.0 if LOAD_SECONDS else 0.5
FEWEST_RELEASES = 5
MARTS = [Mart("surplus_monthly", ("partner_code",)), Mart("publication", ("release_id", "mart_name"))]
HOUR = timedelta(hours=1)

Publish = Callable[..., None]


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    return tmp_path / "serving"


@pytest.fixture
def publish(tmp_path: Path, serving: Path) -> Publish:
    """`publish(n)` serves the n-th release, whose marts say n."""
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            """
            create table marts.publication (
                release_id varchar, published_at_utc timestamp, code_version varchar, mart_name varchar,
                row_count bigint, tests_passed_count bigint, tests_warned_count bigint
            )
            """
        )

    def next_release(n: int, keep: int = 5, keep_for: timedelta = HOUR) -> None:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(
                f"create or replace table marts.surplus_monthly as select range::varchar as partner_code, {n} as n from range(50)"
            )
        release.publish(
            serving,
            warehouse,
            MARTS,
            fingerprint=f"{n:08}",
            code_version="1",
            tests_passed=1,
            tests_warned=0,
            keep=keep,
            keep_for=keep_for,
        )

    return next_release


@contextmanager
def reading(serving: Path, threads: int, *asked: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.readers", str(serving), str(threads), *map(str, asked)],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Linux shares a machine between sessions first: many readers leave the publisher its part
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def what_it_saw(process: subprocess.Popen[str]) -> Seen:
    said, _ = process.communicate()
    answer = json.loads(said)
    behind = {int(lag): reads for lag, reads in answer["behind"].items()}
    pairs = {name: tuple(answer[name]) for name in ("memory_mb", "handles")}
    return Seen(**(answer | pairs | {"behind": behind, "releases": set(answer["releases"])}))


def show(title: str, published: int, seen: Seen) -> None:
    table = Table(title=title, title_justify="left")
    counts = {
        "releases published": published,
        "seen": len(seen.releases),
        "reads": seen.reads,
        "failed": len(seen.failed),
        "torn": len(seen.torn),
        "one release behind": seen.behind.get(1, 0),
        "more behind": sum(reads for lag, reads in seen.behind.items() if lag > 1),
    }
    for name in counts:
        table.add_column(name, justify="right")
    table.add_row(*(f"{count:,}" for count in counts.values()))
    Console(width=120).print(table)


@pytest.mark.parametrize(
    ("title", "processes", "threads"), [("8 reader processes", 8, 1), ("a server of 8 threads", 1, 8)]
)
def test_readers_never_fail_nor_lag_while_releases_follow_each_other_as_fast_as_they_can(
    serving: Path, publish: Publish, title: str, processes: int, threads: int
) -> None:
    publish(1)
    with ExitStack() as stack:
        readers = [stack.enter_context(reading(serving, threads)) for _ in range(processes)]
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        n, end = 1, time.monotonic() + SECONDS
        while n < FEWEST_RELEASES or time.monotonic() < end:
            n += 1
            publish(n)
        seen = added(what_it_saw(reader) for reader in readers)
    show(f"{title}, {SECONDS:g} s", n, seen)
    assert seen.failed == []
    assert seen.torn == []
    assert seen.behind == {0: seen.reads}
    assert {1, n} <= seen.releases


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def test_the_twelve_questions_are_answered_right_by_many_at_once_while_releases_are_published(
    built: "Built", tmp_path: Path
) -> None:
    """Five readers that rest between questions and one release here. Nothing may pile up in their processes nor on the disk."""
    at, serving = Settings(home=built.home), tmp_path / "serving"

    def publish_real(n: int) -> None:
        release.publish(
            serving,
            at.warehouse,
            marts(at),
            fingerprint=f"{n:08}",
            code_version="1",
            tests_passed=1,
            tests_warned=0,
            keep=2,
            keep_for=timedelta(0),
        )

    publish_real(1)
    with duckdb.connect(str(serving / "current" / "trade.duckdb"), read_only=True) as alone:
        alone.execute("use marts")
        asked = [(sql, answer(alone, sql)) for _, sql, _ in QUESTIONS["docs/twelve_questions.md"]]
    assert len(asked) >= 12
    questions = tmp_path / "questions.json"
    questions.write_text(json.dumps(asked), encoding="utf-8")
    disk_then, begun = megabytes(serving), time.monotonic()
    with ExitStack() as stack:
        readers = [stack.enter_context(reading(serving, LOAD_READERS // 5, questions, PAUSE_SECONDS)) for _ in range(5)]
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for number in range(LOAD_RELEASES):
            publish_real(2 + number)
            time.sleep(max(0, begun + (number + 1) * LOAD_SECONDS / LOAD_RELEASES - time.monotonic()))
        seen = added(what_it_saw(reader) for reader in readers)
    seconds = time.monotonic() - begun
    show(f"{LOAD_READERS} readers of the twelve questions, {seconds:.0f} s", LOAD_RELEASES, seen)
    shares = quantiles(seen.seconds, n=100)
    table = Table("seconds of a read", "half", "95 %", "99 %", "longest")
    table.add_row("", *(f"{value:.3f}" for value in (shares[49], shares[94], shares[98], max(seen.seconds))))
    then_and_now = Table("", "at the start", "at the end")
    then_and_now.add_row("memory of the readers, MB", *(f"{value:,.0f}" for value in seen.memory_mb))
    then_and_now.add_row("open files of the readers", *map(str, seen.handles))
    then_and_now.add_row("served, MB", f"{disk_then:,.1f}", f"{megabytes(serving):,.1f}")
    Console(width=120).print(table, then_and_now)
    assert seen.failed == []
    assert seen.torn == []
    assert seen.behind == {0: seen.reads}
    assert LOAD_RELEASES + 1 in seen.releases
    assert seen.reads > LOAD_READERS * len(asked)
    assert seen.handles[1] <= seen.handles[0]
    assert megabytes(serving) < 2.1 * disk_then  # two releases are kept


def test_a_file_replaced_in_place_leaves_a_busy_reader_on_the_old_release(serving: Path, publish: Publish) -> None:
    """Why `current` links a folder. DuckDB finds an open database by its resolved path, whatever lies there by now."""
    publish(1)
    served = serving / "current" / "trade.duckdb"
    in_place = serving.parent / "in_place.duckdb"
    shutil.copyfile(served, in_place)
    count = "select max(n) from marts.surplus_monthly"
    with duckdb.connect(str(in_place), read_only=True) as in_place_at_work, duckdb.connect(str(served), read_only=True):
        publish(2)
        shutil.copyfile(served, in_place.with_suffix(".new"))
        in_place.with_suffix(".new").replace(in_place)
        with (
            duckdb.connect(str(in_place), read_only=True) as replaced,
            duckdb.connect(str(served), read_only=True) as linked_anew,
        ):
            assert replaced.execute(count).fetchall() == [(1,)]
            assert linked_anew.execute(count).fetchall() == [(2,)]
        assert in_place_at_work.execute(count).fetchall() == [(1,)]
    with duckdb.connect(str(in_place), read_only=True) as after_all_have_closed:
        assert after_all_have_closed.execute(count).fetchall() == [(2,)]


def test_the_proof_would_see_a_failed_a_torn_and_a_stale_read(serving: Path, publish: Publish) -> None:
    publish(1)
    first = (serving / "current").resolve() / "trade.duckdb"
    with duckdb.connect(str(first)) as damage:
        damage.execute("update marts.surplus_monthly set n = 7 where partner_code = '0'")
    for n in (2, 3):
        publish(n)
    served = (serving / "current").resolve() / "trade.duckdb"
    shutil.copyfile(first, served)
    seen = Seen()
    read(serving, seen)
    assert (seen.behind, len(seen.torn), seen.failed) == ({2: 1}, 1, [])
    served.unlink()
    read(serving, seen)
    assert (seen.reads, len(seen.failed)) == (2, 1)


def test_a_reader_of_a_removed_release_finishes_its_work(serving: Path, publish: Publish) -> None:
    publish(1)
    first = (serving / "current").resolve()
    with duckdb.connect(str(serving / "current" / "trade.duckdb"), read_only=True) as at_work:
        for n in (2, 3):
            publish(n, keep=1, keep_for=timedelta(0))
        assert not first.exists()
        assert at_work.execute("select count(*), max(n) from marts.surplus_monthly").fetchall() == [(50, 1)]
        assert at_work.cursor().execute("select count(distinct release_id) from marts.publication").fetchall() == [(1,)]
        seen = Seen()
        read(serving, seen)
        assert (seen.releases, seen.failed) == ({3}, [])
