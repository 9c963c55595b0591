"""`entrepot verify` on a home that the main job built."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Built

Command = Callable[..., subprocess.CompletedProcess[str]]


def states(answer: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return dict(re.findall(r"^(\w+) +([0-9]+ of [0-9]+ whole)", answer.stdout, re.MULTILINE))


def test_a_home_that_was_built_is_whole(built: "Built", entrepot: Command) -> None:
    answer = entrepot(built.home, "verify")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert list(states(answer)) == ["archive", "landing", "warehouse", "release", "link"]
    assert all(state.split()[0] == state.split()[2] for state in states(answer).values()), answer.stdout


def test_one_turned_bit_of_the_served_database_is_named(copied: Path, entrepot: Command) -> None:
    database = copied / "serving" / "current" / "trade.duckdb"
    with database.open("r+b") as file:
        file.seek(database.stat().st_size // 2)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    answer = entrepot(copied, "verify", COLUMNS="200")
    assert answer.returncode == 1
    assert "Traceback" not in answer.stdout + answer.stderr
    assert "trade.duckdb is damaged" in answer.stdout
    assert "`entrepot build --force` serves a new one" in answer.stdout
    assert states(answer)["warehouse"].split()[0] == states(answer)["warehouse"].split()[2]
