"""The page's words on how to connect, clients in environments of their own, and what they read before and after a publish."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.publishing import release
from orchestration.publishing.release import Mart
from orchestration.settings import PROJECT
from tests.conftest import environment

if TYPE_CHECKING:
    from tests.conftest import Built

ENVIRONMENTS = PROJECT / ".venv-drivers"
PATIENCE_SECONDS = 300


def sections() -> dict[str, str]:
    """The text under each heading of `docs/connect.md`."""
    parts = re.split(r"^#+ (.+)$", (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def words(heading: str, language: str = "python") -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", sections()[heading], re.S)
    return str(block)


SETTINGS = words("A reader that can do nothing else")


def program(name: str, command: str) -> Path:
    path = ENVIRONMENTS / name / "bin" / command
    assert path.exists(), f"{path} is missing: `make drivers` installs it."
    return path


class Client:
    """A Python of one environment, kept running from question to question. It runs where `data` is the home."""

    def __init__(self, name: str, where: Path) -> None:
        self._process = subprocess.Popen(
            [program(name, "python"), Path(__file__).with_name("client.py")],
            cwd=where,
            env=environment(where / "data", HOME=str(where), XDG_DATA_HOME=str(where)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=PATIENCE_SECONDS)

    def run(self, code: str, **asked: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"code": code, **asked}) + "\n")
        self._process.stdin.flush()
        reply: dict[str, Any] = json.loads(self._process.stdout.readline())
        return reply


@dataclass(frozen=True)
class Shell:
    """A folder in which `data` is a built home: the page's paths are true there."""

    where: Path

    @property
    def serving(self) -> Path:
        return self.where / "data" / "serving"

    def served(self) -> str:
        publication = release.current(self.serving)
        assert publication is not None
        return publication.release_id

    def publish(self) -> None:
        before = release.current(self.serving)
        assert before is not None
        release.publish(
            self.serving,
            self.where / "data" / "warehouse.duckdb",
            [Mart(name, ()) for name in before.marts],
            fingerprint="cafecafe",
            code_version="1",
            tests_passed=1,
            tests_warned=0,
        )

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.where,
            env=environment(self.where / "data", HOME=str(self.where), XDG_DATA_HOME=str(self.where)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )


@pytest.fixture(scope="session")
def shell(built: "Built", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    where = tmp_path_factory.mktemp("drivers")
    home = where / "data"
    home.mkdir()
    shutil.copytree(built.home / "serving", home / "serving", symlinks=True)
    shutil.copy(built.home / "warehouse.duckdb", home)
    yield Shell(where)
