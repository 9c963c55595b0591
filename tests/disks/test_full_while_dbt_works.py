"""A disk that fills while dbt works: `make kills` runs it, since a whole main job must follow."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import HOME_NAME
from tests.faults.releases import differing_rows, leftovers, served_whole
from tests.faults.test_disks import Disk, disk
from tests.faults.test_main_job import LONGEST_WAIT_SECONDS, running, wait_until_dbt_builds

if TYPE_CHECKING:
    from tests.conftest import Built

__all__ = ["disk"]


@pytest.mark.parametrize("disk", ["3g"], indirect=True)
def test_a_disk_that_fills_while_dbt_works_keeps_what_is_served_and_needs_no_hand_afterwards(
    built: "Built",
    disk: Disk,
    tmp_path: Path,
    start: Callable[..., subprocess.Popen[bytes]],
    entrepot: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    home = shutil.copytree(built.home, disk.folder / HOME_NAME, symlinks=True)
    (home / "dbt" / "build.log").unlink()
    before, said = served_whole(home), tmp_path / "said"
    with running(start(home, said, "entrepot", "build", "--force")) as run:
        wait_until_dbt_builds(home, run)
        disk.fill()
        assert run.wait(timeout=LONGEST_WAIT_SECONDS) == 1
    text = said.read_text(encoding="utf-8")
    print(text)  # noqa: T201
    assert "Traceback" not in text
    assert re.search("Error: .*(The disk is full: free|Free) some space", text, re.DOTALL)
    assert served_whole(home) == before
    assert entrepot(home, "query", "select count(*) from surplus_annual").returncode == 0
    disk.make_room()
    answer = entrepot(home, "build", "--force")
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    assert served_whole(home) != before
    assert differing_rows(home, built.home) == {}
    assert leftovers(home) == []
