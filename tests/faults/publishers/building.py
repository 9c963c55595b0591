"""What was fetched, loaded and modelled in a small home of its own: no archive, only the models that a test asks for."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT, Settings
from orchestration.source import discover
from orchestration.warehouse import load
from tests.conftest import environment

LONGEST_SECONDS = 600


def modelled(at: Settings, *models: str) -> None:
    """Loads every landed release, then builds the models named and all that they read. Data tests are the main job's."""
    for source in discover():
        for table in source.tables:
            load(at.warehouse, at.landing, source, table)
    ran = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--exclude-resource-type", "test", "unit_test"),
            *("--select", *(f"+{model}" for model in models)),
            *("--project-dir", str(PROJECT / "dbt_project"), "--profiles-dir", str(PROJECT / "dbt_project")),
            *("--target-path", str(at.dbt_target), "--log-path", str(at.dbt_target)),
        ],
        env=environment(at.home),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]


@contextmanager
def asked_of(at: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read-only; the marts need no prefix."""
    with duckdb.connect(str(at.warehouse), read_only=True) as connection:
        connection.execute("use marts")
        yield connection
