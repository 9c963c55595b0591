"""Whose fault an error is: a disk that refuses is told from everything else."""

import errno
import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration import transform
from orchestration.errors import EntrepotError, refused_by_the_disk
from orchestration.settings import Settings


@pytest.mark.parametrize(
    ("problem", "refusal"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "a/b"), "Read-only file system: a/b"),
        (sqlite3.OperationalError("database or disk is full"), "database or disk is full"),
        (BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)), None),
        (ValueError("No space left on device"), None),
    ],
)
def test_a_disk_that_refuses_is_told_from_our_own_errors(problem: Exception, refusal: str | None) -> None:
    assert refused_by_the_disk(problem) == refusal
    try:
        try:
            raise problem
        except Exception as cause:
            raise RuntimeError("a library's own words") from cause
    except RuntimeError as wrapped:
        assert refused_by_the_disk(wrapped) == refusal


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            'IO Error: Could not write file "warehouse.duckdb": No space left on device',
            "The disk is full: free some space",
        ),
        (
            "Out of Memory Error: failed to offload data block of size 256.0 KiB (35.7 MiB/35.9 MiB used).\n"
            "This limit was set by the 'max_temp_directory_size' setting.",
            "The disk is full: free some space",
        ),
        ("Out of Memory Error: could not allocate block of size 256.0 KiB", "Mend the data or the model it names"),
        ("Got 1 result, configured to fail if != 0", "Mend the data or the model it names"),
    ],
)
def test_a_full_disk_during_dbt_is_not_called_a_fault_of_the_data(tmp_path: Path, said: str, advice: str) -> None:
    at = Settings(home=tmp_path)
    at.dbt_target.mkdir()
    failure: dict[str, Any] = {"unique_id": "model.entrepot.surplus_monthly", "status": "error", "failures": None}
    for name, content in (("run_results", {"results": [failure | {"message": said}]}), ("manifest", {"nodes": {}})):
        (at.dbt_target / f"{name}.json").write_text(json.dumps(content))
    with pytest.raises(EntrepotError, match=advice):
        transform.tests(at)


def test_a_dbt_that_still_works_when_its_run_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "600"]) as works:
        monkeypatch.setattr(transform, "_started", [SimpleNamespace(process=works)])
        transform.end_dbt()
        assert works.poll() == -signal.SIGTERM
    transform.end_dbt()
