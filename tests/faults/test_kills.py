"""Killed anywhere: a run that dies at any moment costs a reader nothing, and the next run needs no hand.

A few kills here; `make kills` kills 200 times and prints what came of each moment. `dying.py` says what the jobs are: the bare
one has no dbt, the short one a few of its models, and `test_main_job` kills the whole main job.
"""

import csv
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console
from rich.table import Table

from orchestration.settings import PROJECT
from tests.conftest import HOME_NAME, environment
from tests.trimmed_archive import write_trimmed_archive

from .dying import MOMENTS_OF, MOMENTS_OF_A_FETCH, Done, Order
from .publishers import ecb
from .publishers.server import Served, serving
from .releases import damages, differing_rows, leftovers, not_loaded, served_whole

KILLS = int(os.environ.get("ENTREPOT_KILLS", "6"))
KILLS_OF = {"bare": KILLS, "short": KILLS // 10}
AT_RANDOM = "at any time"
STRIDE = 7  # prime to the count of moments: a few kills are spread over them, many reach each
NEW = ("country_workbook", "reference_rates")  # the tables whose printings come with the run that is killed

Run = Callable[..., Done]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`run(job, home, archive, moment=…)` in a child of one process that has imported all it needs."""
    said = tmp_path_factory.mktemp("said")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.dying"],
        env=environment(said) | {"PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def ordered(job: str, home: Path, archive: Path | None = None, **order: Any) -> Done:
            assert process.stdin is not None
            assert process.stdout is not None
            settings = {"ENTREPOT_HOME": str(home)} | ({"ENTREPOT_ARCHIVE": str(archive)} if archive else {})
            settings |= order.pop("settings", {})
            asked = Order(job=job, settings=settings, said=said / "said", **order)
            process.stdin.write(asked.model_dump_json() + "\n")
            process.stdin.flush()
            done = Done.model_validate_json(process.stdout.readline())
            assert done.code in (0, -9), asked.said.read_text(encoding="utf-8", errors="replace")
            return done

        yield ordered
        process.communicate()


@dataclass
class Outcomes:
    """What came of the kills, by moment."""

    job: str
    kills: Counter[str] = field(default_factory=Counter)
    ended_before: Counter[str] = field(default_factory=Counter)
    old: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)

    def show(self) -> None:
        table = Table(title=f"{self.kills.total()} kills of the {self.job} job", title_justify="left")
        table.add_column("killed when")
        for name in ("kills", "ended before", "old release read", "new release read", "next run gave equal marts"):
            table.add_column(name, justify="right")
        counts = (self.kills, self.ended_before, self.old, self.new, self.mended)
        for moment in (*MOMENTS_OF[self.job], AT_RANDOM):
            table.add_row(moment, *(str(count[moment]) for count in counts))
        table.add_row("in all", *(str(count.total()) for count in counts))
        Console(width=140).print(table)


@pytest.fixture
def archives(job: str, trimmed_archive: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Before the printings of two tables came, and with them. The bare job, killed most often, has little to carry."""
    newer = trimmed_archive
    if job == "bare":
        newer = write_trimmed_archive(tmp_path / "newer", sources="[ce]*", most_rows=500)
    older = shutil.copytree(newer, tmp_path / "older")
    for listing in older.glob("*/releases.csv"):
        with listing.open(encoding="utf-8", newline="") as lines:
            entries = list(csv.DictReader(lines))
        with listing.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, fieldnames=list(entries[0]))
            writer.writeheader()
            writer.writerows(entry for entry in entries if entry["table"] not in NEW)
    return older, newer


@pytest.mark.parametrize("job", [job for job in MOMENTS_OF if KILLS_OF[job]])
def test_a_run_that_is_killed_at_any_moment_costs_no_reader_anything_and_the_next_needs_no_hand(
    run: Run, archives: tuple[Path, Path], tmp_path: Path, job: str
) -> None:
    older, newer = archives
    before, undisturbed = tmp_path / "before" / HOME_NAME, tmp_path / "undisturbed" / HOME_NAME
    before.mkdir(parents=True)
    assert run("first" if job == "short" else job, before, older).code == 0
    shutil.copytree(before, undisturbed, symlinks=True)
    started = time.monotonic()
    points = run(job, undisturbed, newer).points
    seconds = time.monotonic() - started
    assert set(points) == set(MOMENTS_OF[job])
    assert differing_rows(before, undisturbed)

    assert gcd(STRIDE, len(MOMENTS_OF[job])) == 1
    chance, outcomes, moments = random.Random(20250708), Outcomes(job), MOMENTS_OF[job]  # noqa: S311
    old = served_whole(before).release_id
    for number in range(KILLS_OF[job]):
        home = tmp_path / "killed" / HOME_NAME
        shutil.copytree(before, home, symlinks=True)
        if number % 4 == 3:
            moment = AT_RANDOM
            done = run(job, home, newer, after_seconds=chance.uniform(0, seconds))
        else:
            moment = moments[(number - number // 4) * STRIDE % len(moments)]
            point = chance.randint(1, points[moment])
            done = run(job, home, newer, moment=moment, point=point)
            assert done.code == -9
        outcomes.kills[moment] += done.code == -9
        outcomes.ended_before[moment] += done.code == 0
        read = served_whole(home).release_id
        (outcomes.old if read == old else outcomes.new)[moment] += 1
        assert run(job, home, newer).code == 0, moment
        assert served_whole(home).release_id not in (old, read)
        assert differing_rows(home, undisturbed) == {}, moment
        assert leftovers(home) == [], moment
        assert [folder.name for folder in (home / "serving" / "releases").iterdir()] == [served_whole(home).release_id]
        assert (damages(home, newer), not_loaded(home)) == ([], set()), moment
        outcomes.mended[moment] += 1
        shutil.rmtree(home)
    outcomes.show()
    flip = moments.index("after the flip")
    assert not any(outcomes.new[moment] for moment in moments[:flip])
    assert not any(outcomes.old[moment] for moment in moments[flip:])


def printed(home: Path) -> list[Any]:
    return [pq.read_table(path).to_pylist() for path in sorted(home.glob("landing/ecb/reference_rates/*.parquet"))]


@pytest.fixture
def publisher() -> Iterator[Served]:
    with serving() as served:
        served.always(ecb.HOST, ecb.publisher)
        yield served


def test_a_fetch_that_is_killed_at_any_moment_is_made_good_by_the_next(
    run: Run, publisher: Served, tmp_path: Path
) -> None:
    settings = {"ENTREPOT_FETCH_VIA": publisher.address, "ENTREPOT_SECRETS": str(tmp_path / "none.env")}
    undisturbed = tmp_path / "undisturbed"
    points = run("fetch", undisturbed, settings=settings).points
    assert set(points) == set(MOMENTS_OF_A_FETCH)
    for number, moment in enumerate(MOMENTS_OF_A_FETCH):
        home = tmp_path / f"killed-{number}"
        assert run("fetch", home, moment=moment, settings=settings).code == -9
        assert run("fetch", home, settings=settings).code == 0
        assert printed(home) == printed(undisturbed), moment
        assert leftovers(home) == [], moment
