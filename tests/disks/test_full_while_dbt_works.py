"""A disk that fills while dbt works: `make kills` runs it, since a whole main job must follow."""

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orchestration.settings import FEWEST_FREE_BYTES
from tests.conftest import HOME_NAME
from tests.faults.releases import differing_rows, leftovers, served_whole
from tests.faults.test_disks import Disk, disk

if TYPE_CHECKING:
    from tests.conftest import Built

__all__ = ["disk"]
ROOM = (5_000_000, 40_000_000)  # beyond what a run asks for before it begins


@pytest.mark.parametrize("disk", ["2g"], indirect=True)
def test_a_disk_that_fills_while_dbt_works_keeps_what_is_served_and_needs_no_hand_afterwards(
    built: "Built", disk: Disk, entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    home = shutil.copytree(built.home, disk.folder / HOME_NAME, symlinks=True)
    before = served_whole(home)
    for room in ROOM:
        disk.fill(but_bytes=FEWEST_FREE_BYTES + room)
        answer = entrepot(home, "build", "--force")
        print(f"with {room / 1e6:.0f} MB more than asked for: {answer.stderr}")  # noqa: T201
        assert answer.returncode == 1, answer.stdout
        assert "Traceback" not in answer.stdout + answer.stderr
        assert re.match("Error: .*(The disk is full: free some space|Free some space)", answer.stderr, re.DOTALL)
        assert served_whole(home) == before
        assert entrepot(home, "query", "select count(*) from surplus_annual").returncode == 0
        disk.make_room()
    answer = entrepot(home, "build", "--force")
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    assert served_whole(home) != before
    assert differing_rows(home, built.home) == {}
    assert leftovers(home) == []
