"""Publishing when something dies or fails half-way: readers get the old release or the new one, whole."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import EntrepotError
from orchestration.publishing import release
from orchestration.publishing.release import Mart, Publication
from orchestration.settings import PROJECT

MARTS = [Mart("surplus_monthly", ("partner_code",)), Mart("publication", ("release_id", "mart_name"))]
KEEP = 2

PUBLISH_AND_DIE = """
import os, signal, sys
from pathlib import Path
import pandas  # DuckDB imports it at the first parameter: once here, not in every child
from orchestration.publishing.release import Mart, publish

CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}
MARTS = [Mart("surplus_monthly", ("partner_code",)), Mart("publication", ("release_id", "mart_name"))]

def publish_and_die(serving, warehouse, points_left):
    def pass_a_point(what):
        nonlocal points_left
        points_left -= 1
        if points_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(lambda event, arguments: pass_a_point(event) if event in CHANGES else None)
    publish(
        serving, warehouse, MARTS, fingerprint="deadbeef", code_version="1", tests_passed=1, tests_warned=0,
        keep=2, progress=pass_a_point,
    )

for point in sys.stdin:
    child = os.fork()
    if child == 0:
        publish_and_die(Path(sys.argv[1]), Path(sys.argv[2]), int(point))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from orchestration.errors import EntrepotError
from orchestration.publishing.release import Mart, publish

limit = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
marts = [Mart("surplus_monthly", ("partner_code",))]
try:
    publish(
        Path(sys.argv[1]), Path(sys.argv[2]), marts,
        fingerprint="deadbeef", code_version="1", tests_passed=1, tests_warned=0,
    )
except EntrepotError as refusal:
    print(refusal)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.surplus_monthly as "
            "select range::varchar as partner_code, 1.5 as balance_usd from range(50)"
        )
        connection.execute(
            """
            create table marts.publication (
                release_id varchar, published_at_utc timestamp, code_version varchar, mart_name varchar,
                row_count bigint, tests_passed_count bigint, tests_warned_count bigint
            )
            """
        )
        connection.execute(
            "create macro marts.surplus_of(partner) as table "
            "select * from marts.surplus_monthly where partner_code = partner"
        )
    return path


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    return tmp_path / "serving"


def publish(
    serving: Path, warehouse: Path, keep: int = KEEP, progress: Callable[[str], None] = lambda step: None
) -> Publication:
    return release.publish(
        serving,
        warehouse,
        MARTS,
        fingerprint="cafecafe",
        code_version="1",
        tests_passed=1,
        tests_warned=0,
        keep=keep,
        progress=progress,
    )


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def read(serving: Path) -> tuple[str, int, int]:
    """Which release a reader has, how many rows it says it has, and how many it has."""
    with duckdb.connect(str(serving / "current" / "trade.duckdb"), read_only=True) as connection:
        answer: tuple[Any, ...] = connection.execute(
            """
            select release_id, row_count, (select count(*) from marts.surplus_monthly)
            from marts.publication
            where mart_name = 'surplus_monthly'
            """
        ).fetchall()[0]
    return answer[0], answer[1], answer[2]


def served_whole(serving: Path) -> Publication:
    publication = release.current(serving)
    assert publication is not None
    for name, expected in publication.checksums.items():
        assert hashlib.sha256((serving / "current" / name).read_bytes()).hexdigest() == expected
    assert read(serving) == (publication.release_id, 50, 50)
    for kept in release.releases(serving):
        assert all((serving / "releases" / kept.release_id / name).exists() for name in kept.checksums)
    return publication


def hidden(serving: Path) -> list[Path]:
    return [path for path in serving.rglob("*") if path.name.startswith(".")]


def test_a_killed_publish_leaves_the_old_release_or_the_new_one(serving: Path, warehouse: Path) -> None:
    """Killed before every change of a name in the serving folder, and at every step that is reported."""
    old_served = list[bool]()
    publish(serving, warehouse)
    with start(PUBLISH_AND_DIE, serving, warehouse) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while True:
            before = publish(serving, warehouse)
            assert hidden(serving) == []
            assert len(release.releases(serving)) == KEEP
            process.stdin.write(f"{len(old_served) + 1}\n")
            process.stdin.flush()
            exit_code = int(process.stdout.readline())
            after = served_whole(serving)
            if exit_code == 0:
                break
            assert exit_code == -signal.SIGKILL
            assert after == before or after.fingerprint == "deadbeef"
            old_served.append(after == before)
    assert old_served == sorted(old_served, reverse=True)
    assert old_served.count(True) >= 10
    assert old_served.count(False) >= 5


def test_an_interrupted_publish_clears_up_after_itself(serving: Path, warehouse: Path) -> None:
    steps = list[str]()
    before = publish(serving, warehouse, progress=lambda step: steps.append(step.split()[0]))
    for number in range(steps.index("serving") + 1):
        countdown = iter(range(number, -1, -1))

        def strike(step: str, number: int = number, countdown: Iterator[int] = countdown) -> None:
            if next(countdown) == 0:
                raise OSError("struck") if number % 2 else KeyboardInterrupt("struck")

        with pytest.raises((KeyboardInterrupt, EntrepotError), match="struck"):
            publish(serving, warehouse, progress=strike)
        assert served_whole(serving) == before
        assert release.releases(serving) == [before]
        assert hidden(serving) == []


@pytest.mark.parametrize("room", [5_000, 500_000])
def test_a_full_disk_leaves_the_previous_release(serving: Path, warehouse: Path, room: int) -> None:
    """Full when the file is made, and when a mart is committed, which is another kind of error to DuckDB."""
    before = publish(serving, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into marts.surplus_monthly select uuid()::varchar, 2 from range(100_000)")
    refusal, _ = start(FILL_THE_DISK, serving, warehouse, room).communicate()
    assert f"Cannot publish to {serving}" in refusal
    assert "File too large" in refusal
    assert f"The previous release {before.release_id} is still served." in refusal
    assert served_whole(serving) == before
    assert release.releases(serving) == [before]
    assert hidden(serving) == []


def test_what_a_dead_run_left_is_removed_before_new_space_is_used(serving: Path, warehouse: Path) -> None:
    (serving / "releases" / ".tmp-dead" / "parquet").mkdir(parents=True)
    (serving / ".current-dead").symlink_to("releases/.tmp-dead")
    found = list[list[Path]]()
    publish(serving, warehouse, progress=lambda step: found.append(hidden(serving)))
    assert [path.name[-8:] for path in found[0]] == ["cafecafe"]


def test_a_serving_folder_that_cannot_be_made_is_named(serving: Path, warehouse: Path) -> None:
    serving.write_text("a file where the folder must be")
    with pytest.raises(EntrepotError, match=rf"Cannot publish to {serving} .*mend the folder's rights.*Nothing else"):
        publish(serving, warehouse)
    assert serving.read_text() == "a file where the folder must be"


def test_a_link_that_cannot_be_made_takes_the_new_release_back(serving: Path, warehouse: Path) -> None:
    (serving / "current").mkdir(parents=True)
    with pytest.raises(EntrepotError, match=r"Is a directory.*symbolic links"):
        publish(serving, warehouse)
    assert release.releases(serving) == []
    assert hidden(serving) == []


def test_an_old_release_that_cannot_be_removed_does_not_hide_that_the_new_one_is_served(
    serving: Path, warehouse: Path
) -> None:
    publish(serving, warehouse)

    def block(step: str) -> None:
        if step == "removing old releases":
            (serving / ".current-in-the-way").mkdir()

    with pytest.raises(EntrepotError, match=r"The new release .*cafecafe is whole and served"):
        publish(serving, warehouse, progress=block)
    assert release.releases(serving)[-1] == served_whole(serving)


def test_readers_never_notice_a_publish(serving: Path, warehouse: Path) -> None:
    publish(serving, warehouse)
    seen, failures, done = set[str](), list[str](), threading.Event()

    def keep_reading() -> None:
        while not done.is_set():
            try:
                release_id, said, held = read(serving)
                seen.add(release_id)
                if said != held:
                    failures.append(f"{release_id} says {said} and holds {held}")
            except Exception as problem:
                failures.append(repr(problem))

    readers = [threading.Thread(target=keep_reading) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(500):
            publish(serving, warehouse)
            if failures or (number >= 5 and len(seen) > 2):
                break
    finally:
        done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert len(seen) > 2
