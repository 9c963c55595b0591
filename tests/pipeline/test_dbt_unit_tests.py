"""The SQL does what it says, on rows counted by hand: dbt's unit tests, which the main job leaves to `make test`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from orchestration.settings import PROJECT


def test_the_models_do_what_their_unit_tests_say(
    copied: Path, start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    said = tmp_path / "dbt.txt"
    project = ("--project-dir", str(PROJECT / "dbt_project"), "--profiles-dir", str(PROJECT / "dbt_project"))
    target = str(copied / "dbt")
    dbt = start(
        copied,
        said,
        "dbt",
        "test",
        "--select",
        "test_type:unit",
        *project,
        "--target-path",
        target,
        "--log-path",
        target,
    )
    assert dbt.wait(timeout=600) == 0, said.read_text(encoding="utf-8")
    assert "PASS=" in said.read_text(encoding="utf-8")
