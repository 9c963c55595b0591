"""Two at once on one home: one waits or refuses with a sentence, none corrupts, and the dead hold nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import EntrepotError
from orchestration.fetch import only_one
from orchestration.holder import noted
from orchestration.landing import releases
from orchestration.settings import PROJECT, Settings
from orchestration.source import discover
from orchestration.warehouse import load

from .releases import leftovers, not_loaded
from .test_disks import SOURCE, TABLE

HOLD = """
import sys, time
from pathlib import Path
from orchestration.settings import Settings

with Settings(home=Path(sys.argv[1])).writer():
    print("held", flush=True)
    time.sleep(600)
"""
FETCH = """
import sys, time
from pathlib import Path
from orchestration.fetch import only_one
from orchestration.settings import Settings
from orchestration.source import discover

with only_one(Settings(home=Path(sys.argv[1])), [source for source in discover() if source.name == "ecb"]):
    print("held", flush=True)
    time.sleep(600)
"""
LAND = """
import sys
from pathlib import Path
from tests.faults.test_disks import landed

for day in range(1, 29):
    landed(Path(sys.argv[1]), 200 + day, day)
    print(day, flush=True)
"""


def start(script: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(home)],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_lock_of_a_killed_run_stops_nobody_and_its_note_is_not_believed(tmp_path: Path) -> None:
    with start(HOLD, tmp_path) as holding:
        assert holding.stdout is not None
        assert holding.stdout.readline() == "held\n"
        assert noted(tmp_path / "writer.json") is not None
        holding.send_signal(signal.SIGKILL)
        holding.wait()
    assert (tmp_path / "writer.lock").exists()
    assert noted(tmp_path / "writer.json") is None
    with Settings(home=tmp_path).writer():
        holder = noted(tmp_path / "writer.json")
        assert holder is not None
        assert holder.pid == os.getpid()
    assert not (tmp_path / "writer.json").exists()


def test_a_second_fetch_of_a_source_names_the_first_and_one_of_another_source_goes_on(tmp_path: Path) -> None:
    at, sources = Settings(home=tmp_path), {source.name: source for source in discover()}
    with start(FETCH, tmp_path) as fetching:
        assert fetching.stdout is not None
        assert fetching.stdout.readline() == "held\n"
        with (
            pytest.raises(
                EntrepotError, match=rf"Another fetch of ecb .*process {fetching.pid}, since .*Nothing was asked"
            ),
            only_one(at, [sources["ecb"]]),
        ):
            pass
        with only_one(at, [sources["fred"]]):
            assert noted(at.calls / "fred.json") is not None
        fetching.kill()
        fetching.wait()
    with only_one(at, [sources["ecb"]]):
        pass
    assert [path.name for path in at.calls.glob("*.json")] == []


def test_printings_that_land_while_others_are_loaded_are_each_loaded_once(tmp_path: Path) -> None:
    """As a fetch and a build, or two fetches of one table, at the same time."""
    at = Settings(home=tmp_path)
    with start(LAND, tmp_path) as one, start(LAND.replace("200 + day", "500 + day"), tmp_path) as other:
        loads = 0
        while one.poll() is None or other.poll() is None:
            load(at.warehouse, at.landing, SOURCE, TABLE)
            loads += 1
    assert (one.returncode, other.returncode) == (0, 0)
    assert loads > 1
    load(at.warehouse, at.landing, SOURCE, TABLE)
    held = releases(at.landing, "kcs", "country_totals")
    assert len(held) == 56
    assert not_loaded(tmp_path) == set()
    assert leftovers(tmp_path) == []
    with duckdb.connect(str(at.warehouse), read_only=True) as warehouse:
        found = warehouse.execute("select _release_id, count(*) from kcs.country_totals group by all").fetchall()
    assert dict(found) == {kept.release_id: kept.row_count for kept in held}


def test_a_run_of_dagster_while_a_build_writes_ends_with_a_sentence_that_names_the_build(
    copied: Path, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    said = tmp_path / "said"
    arguments = ["asset", "materialize", "-m", "orchestration.definitions", "--select", "ecb/reference_rates"]
    with Settings(home=copied).writer():
        run = start(copied, said, "dagster", *arguments, DAGSTER_HOME=str(copied / "dagster"))
        try:
            assert run.wait(timeout=600) != 0
        finally:
            run.kill()
            run.wait()
    text = " ".join(said.read_text(encoding="utf-8").split())
    assert f"Another run is writing to {copied}: `" in text
    assert f"process {os.getpid()}, since " in text
    assert "Nothing was changed" in text
