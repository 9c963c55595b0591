"""A disk that is full, read-only or not ours: one clear sentence, the old release served, and on without a hand once mended.

Small disks are mounted in memory, which needs root; where that is not allowed these tests say so and are passed over.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration.errors import EntrepotError
from orchestration.landing import Release, land, releases
from orchestration.publishing import release
from orchestration.publishing.release import Mart, Publication, publish
from orchestration.settings import PROJECT, Settings
from orchestration.source import RawTable, Source
from orchestration.transform import OF_A_FULL_DISK
from orchestration.warehouse import connect, load

from .releases import leftovers, served_whole

NOBODY = 65534
MARTS = [Mart("surplus_monthly", ("partner_code",)), Mart("publication", ("release_id", "mart_name"))]
TABLE = RawTable("country_totals", ("year", "expDlr"), "One row per month.", "USD", 15)
SOURCE = Source("kcs", "A publisher", "https://example.org/", "free", (TABLE,))
PRINTING = Release(
    source="kcs",
    table="country_totals",
    url="https://example.org/totals",
    basis="made by a test",
    period_from=date(2025, 1, 1),
    period_to=date(2025, 2, 1),
    settled_through=date(2024, 12, 1),
    settled_status="final",
    open_status="preliminary",
    retrieved_at=datetime(2025, 3, 15, tzinfo=UTC),
)
# What a run does to a disk, as a user who may write nothing there.
WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
import pandas
from tests.faults import test_disks as disks

home, what = Path(sys.argv[1]), sys.argv[2]
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(disks.NOBODY)
    os.setuid(disks.NOBODY)
try:
    disks.STEPS[what](home)
except disks.EntrepotError as refusal:
    print(refusal)
"""


def rows(count: int) -> pa.Table:
    """Text that does not pack well, so that it takes the room that it says."""
    noise = os.urandom(count * 20).hex()
    return pa.table({"year": ["2025.01"] * count, "expDlr": [noise[at * 40 : at * 40 + 40] for at in range(count)]})


@dataclass
class Disk:
    """A small disk, mounted in memory."""

    folder: Path

    def mount(self, *options: str) -> bool:
        command = ["mount", *options, str(self.folder)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def change(self, option: str) -> None:
        assert self.mount("-o", f"remount,{option}")

    def fill(self, but_bytes: int = 0) -> None:
        with pytest.raises(OSError, match="No space left"), (self.folder / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        os.truncate(self.folder / "ballast", (self.folder / "ballast").stat().st_size - but_bytes)

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    folder = tmp_path / "작은 disk"
    folder.mkdir()
    disk = Disk(folder)
    if not disk.mount("-t", "tmpfs", "-o", f"size={getattr(request, 'param', '80m')}", "tmpfs"):
        pytest.skip("a small disk cannot be mounted here: it needs root and the right to mount")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def write_marts(warehouse: Path, partners: int = 50) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            "create or replace table marts.surplus_monthly as select uuid()::varchar as partner_code, 1.5 as balance_usd "
            f"from range({partners})"
        )
        connection.execute(
            """
            create table if not exists marts.publication (
                release_id varchar, published_at_utc timestamp, code_version varchar, mart_name varchar,
                row_count bigint, tests_passed_count bigint, tests_warned_count bigint
            )
            """
        )


def published(home: Path) -> Publication:
    return publish(
        home / "serving",
        home / "warehouse.duckdb",
        MARTS,
        fingerprint="cafecafe",
        code_version="1",
        tests_passed=1,
        tests_warned=0,
        keep=1,
        keep_for=timedelta(0),
    )


def landed(home: Path, count: int = 10, day: int = 16) -> None:
    land(home / "landing", replace(PRINTING, retrieved_at=datetime(2025, 3, day, tzinfo=UTC)), rows(count))


def loaded(home: Path) -> int:
    load(home / "warehouse.duckdb", home / "landing", SOURCE, TABLE)
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        held = warehouse.execute("select count(*) from kcs.country_totals").fetchall()[0][0]
        assert warehouse.execute("select sum(row_count) from entrepot.releases").fetchall() == [(held,)]
    return int(held)


STEPS: dict[str, Callable[[Path], Any]] = {
    "prepare": lambda home: Settings(home=home).prepare(),
    "land": landed,
    "load": loaded,
    "publish": published,
}
SAID = {
    "prepare": "Cannot write to {home} ",
    "land": "cannot write {home}/landing/kcs/country_totals ",
    "load": "Cannot open {home}/warehouse.duckdb ",
    "publish": "Cannot publish to {home}/serving ",
}


def a_home(home: Path) -> Publication:
    """One printing landed and loaded, one release served."""
    Settings(home=home).prepare()
    land(home / "landing", PRINTING, rows(100))
    assert loaded(home) == 100
    write_marts(home / "warehouse.duckdb")
    return published(home)


def refused(step: Callable[[], Any], *said: str) -> None:
    with pytest.raises(EntrepotError) as refusal:
        step()
    for part in said:
        assert part in str(refusal.value)


def test_a_run_on_a_disk_that_is_nearly_full_ends_before_it_begins(disk: Disk) -> None:
    before = a_home(disk.folder)
    disk.fill(but_bytes=20_000_000)
    refused(
        Settings(home=disk.folder).prepare, f"Cannot write to {disk.folder} (only 20 MB are free there)", "free some"
    )
    assert served_whole(disk.folder) == before
    disk.make_room()
    Settings(home=disk.folder).prepare()


def test_a_disk_that_is_full_while_a_file_lands_keeps_the_printings_it_has(disk: Disk) -> None:
    before = a_home(disk.folder)
    disk.fill()
    refused(
        lambda: landed(disk.folder, 10_000), "No space left on device", "those held are untouched", "Free some space"
    )
    assert served_whole(disk.folder) == before
    assert [kept.row_count for kept in releases(disk.folder / "landing", "kcs", "country_totals")] == [100]
    assert leftovers(disk.folder) == []
    disk.make_room()
    landed(disk.folder)
    assert loaded(disk.folder) == 110


def test_a_disk_that_is_full_during_a_load_keeps_no_half_of_a_release_and_blames_no_file(disk: Disk) -> None:
    before = a_home(disk.folder)
    landed(disk.folder, 60_000)
    disk.fill(but_bytes=300_000)
    refused(
        lambda: loaded(disk.folder), f"Cannot write {disk.folder}/warehouse.duckdb", "No space left", "Free some space"
    )
    assert served_whole(disk.folder) == before
    with duckdb.connect(str(disk.folder / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("select count(*), max(row_count) from entrepot.releases").fetchall() == [(1, 100)]
        assert warehouse.execute("select count(*) from kcs.country_totals").fetchall() == [(100,)]
    disk.make_room()
    assert loaded(disk.folder) == 60_100
    assert leftovers(disk.folder) == []


def test_a_sort_that_fills_the_disk_beside_the_warehouse_is_told_as_a_full_disk_and_leaves_nothing(disk: Disk) -> None:
    """What it holds beyond its memory lies beside the warehouse, of dbt as of a load; `transform` knows it by its words."""
    before = a_home(disk.folder)
    disk.fill(but_bytes=10_000_000)

    def sort(rows: int) -> None:
        with connect(disk.folder / "warehouse.duckdb") as warehouse:
            warehouse.execute("set memory_limit = '30MB'")
            warehouse.execute(
                f"create or replace temp table sorted as select uuid() as id from range({rows}) order by id"
            )

    with pytest.raises(EntrepotError, match=r"Cannot write .*failed to offload data.*Free some space") as refusal:
        sort(3_000_000)
    assert any(said in str(refusal.value.__cause__) for said in OF_A_FULL_DISK)
    assert served_whole(disk.folder) == before
    assert leftovers(disk.folder) == []
    disk.make_room()
    sort(1_000_000)
    landed(disk.folder)
    assert loaded(disk.folder) == 110


def test_a_disk_that_is_full_during_a_release_leaves_the_one_before(disk: Disk) -> None:
    before = a_home(disk.folder)
    write_marts(disk.folder / "warehouse.duckdb", 60_000)
    disk.fill(but_bytes=700_000)
    refused(
        lambda: published(disk.folder),
        "Cannot publish",
        "No space left",
        f"release {before.release_id} is still served",
    )
    assert served_whole(disk.folder) == before
    assert leftovers(disk.folder) == []
    disk.make_room()
    assert published(disk.folder).marts["surplus_monthly"] == 60_000
    assert served_whole(disk.folder) != before


@pytest.mark.parametrize("what", STEPS)
def test_a_disk_that_became_read_only_is_named_by_each_step(disk: Disk, what: str) -> None:
    before = a_home(disk.folder)
    disk.change("ro")
    refused(lambda: STEPS[what](disk.folder), SAID[what].format(home=disk.folder), "ead-only file system")
    assert served_whole(disk.folder) == before
    disk.change("rw")
    STEPS[what](disk.folder)
    assert leftovers(disk.folder) == []


def may_be_written(home: Path, may: bool) -> None:
    """By its owner; to root, who may always, this says nothing."""
    for path in [home, *home.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200 if may else path.stat().st_mode & ~0o222)


def test_a_home_that_may_be_read_only_is_named_by_each_step_and_read_by_all(tmp_path: Path) -> None:
    """By another user where root runs the test, else by its owner, who has given up the right to write."""
    home = Path("/tmp") / f"entrepot-{os.getpid()}-{tmp_path.name}"  # noqa: S108 - the folder of a test is closed to others
    before = a_home(home)
    may_be_written(home, may=False)
    try:
        for what, said in SAID.items():
            answer = subprocess.run(
                [sys.executable, "-c", WITHOUT_RIGHTS, str(home), what],
                env=os.environ | {"PYTHONPATH": str(PROJECT)},
                capture_output=True,
                text=True,
            )
            assert said.format(home=home) in answer.stdout, answer.stderr
            assert "ermission denied" in answer.stdout
        assert served_whole(home) == before
        may_be_written(home, may=True)
        assert published(home) == served_whole(home)
    finally:
        may_be_written(home, may=True)
        shutil.rmtree(home)


def test_a_disk_without_links_is_named_and_nothing_of_the_new_release_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = a_home(tmp_path)

    def no_links(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as without:
        without.setattr(Path, "symlink_to", no_links)
        refused(lambda: published(tmp_path), "Operation not permitted", "use a file system that has symbolic links")
    assert served_whole(tmp_path) == before
    assert [folder.name for folder in (tmp_path / "serving" / "releases").iterdir()] == [before.release_id]
    assert leftovers(tmp_path) == []
    assert published(tmp_path) == served_whole(tmp_path)


def test_a_clock_that_was_set_back_serves_the_new_release_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = a_home(tmp_path)

    class Yesterday(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Yesterday":
            return super().now(tz) - timedelta(days=1)

    with monkeypatch.context() as earlier:
        earlier.setattr(release, "datetime", Yesterday)
        new = published(tmp_path)
    assert new.release_id < before.release_id
    assert served_whole(tmp_path) == new
    later = published(tmp_path)
    assert served_whole(tmp_path) == later
    assert new.release_id not in [kept.release_id for kept in release.releases(tmp_path / "serving")]
