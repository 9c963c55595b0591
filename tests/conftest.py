"""What tests of the main job share: the real command, and one home that it built from the bundled archive."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.trimmed_archive import write_trimmed_archive

ENTREPOT = Path(sys.executable).with_name("entrepot")
HOME_NAME = "집 of the warehouse"  # a blank and Korean letters: a path is text
LONGEST_BUILD_SECONDS = 900
# Files that take minutes. Those from the second on need no built home: they are at work while the first builds what the
# others share. `test_inbox` reads what `test_second_printing` builds, so it comes when that is long done.
LONGEST_FILES = (
    "test_main_job",
    "test_kills",
    "test_fetched_marts",
    "test_from_wire_to_marts",
    "test_second_printing",
    "test_readers",
    "test_dbt_unit_tests",
    "test_disks",
    "test_publishing",
    "test_two_at_once",
    "test_command",
    "test_verify",
    "test_inbox",
)


@dataclass(frozen=True)
class Built:
    """A home after a build. Nobody changes it: a test that builds again takes a copy."""

    home: Path
    output: str
    errors: str
    seconds: float


def environment(home: Path, **changes: str) -> dict[str, str]:
    """As a person's who set nothing but the folder."""
    ours = ("ENTREPOT_", "DAGSTER_", "DBT_", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"ENTREPOT_HOME": str(home)} | changes


@pytest.fixture(scope="session")
def entrepot() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`entrepot(home, "query", "…", NAME="value")` runs the installed command; keywords are environment variables."""

    def run(home: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ENTREPOT, *arguments],
            env=environment(home, **changes),
            cwd=home.parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LONGEST_BUILD_SECONDS,
        )

    return run


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen[bytes]]:
    """Starts any command of the environment in a session of its own, its output in a file, so that it can be killed."""

    def run(home: Path, output: Path, command: str, *arguments: str, **changes: str) -> subprocess.Popen[bytes]:
        with output.open("wb") as file:
            return subprocess.Popen(
                [ENTREPOT.with_name(command), *arguments],
                env=environment(home, **changes),
                cwd=home.parent,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: a worker takes a file whole, and none should begin a long one when the others are done."""
    places = {name: place for place, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--home", type=Path, help="Look at this built home instead of building one.")


@pytest.fixture(scope="session")
def built_once(
    tmp_path_factory: pytest.TempPathFactory,
    testrun_uid: str,
    entrepot: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[[str, Callable[[Path], None]], Built]:
    """`built_once(name, prepare)` builds a home once for all workers: the first that needs it builds, the others wait."""
    shared = tmp_path_factory.getbasetemp().parent / f"built-{testrun_uid}"

    def build(name: str, prepare: Callable[[Path], None]) -> Built:
        home, told = shared / name / HOME_NAME, shared / f"{name}.json"
        home.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(shared / f"{name}.lock"):
            if not told.exists():
                shutil.rmtree(home, ignore_errors=True)  # of a worker that failed before it had built
                prepare(home)
                started = time.monotonic()
                answer = entrepot(home, "build")
                assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
                seconds = time.monotonic() - started
                told.write_text(json.dumps({"output": answer.stdout, "errors": answer.stderr, "seconds": seconds}))
        return Built(home=home, **json.loads(told.read_text()))

    return build


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, built_once: Callable[[str, Callable[[Path], None]], Built]) -> Built:
    """The first build of the bundled archive."""
    given: Path | None = request.config.getoption("--home")
    if given is not None:
        return Built(home=given.resolve(), output="", errors="", seconds=0)
    return built_once("first", lambda home: None)


@pytest.fixture
def copied(built: Built, tmp_path: Path) -> Path:
    """A copy of the built home, for a test that changes it."""
    return shutil.copytree(built.home, tmp_path / HOME_NAME, symlinks=True)


@pytest.fixture(scope="session")
def trimmed_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled archive cut to its last years: a main job on it costs two thirds. Pass it as ENTREPOT_ARCHIVE."""
    return write_trimmed_archive(tmp_path_factory.mktemp("trimmed") / "archive")
