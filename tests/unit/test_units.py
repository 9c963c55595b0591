"""The units for a server start what this project installs, and may write where it writes."""

import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from orchestration.settings import PROJECT, Settings

UNITS = sorted((PROJECT / "deploy").glob("*.service"))


def service(unit: Path) -> dict[str, str]:
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign] # names of systemd are told apart by case
    parser.read(unit, encoding="utf-8")
    return dict(parser["Service"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_of_this_project_and_writes_into_its_home_alone(unit: Path) -> None:
    told = service(unit)
    command, *arguments = told["ExecStart"].split()
    assert Path(command).is_relative_to(told["WorkingDirectory"])
    assert Path(sys.executable).with_name(Path(command).name).is_file()
    assert arguments[arguments.index("-m") + 1] == "orchestration.definitions"
    known = dict(setting.split("=", 1) for setting in told["Environment"].split())
    at = Settings(home=Path(known["ENTREPOT_HOME"]))
    assert known["DAGSTER_HOME"] == str(at.dagster_home)
    assert told["ProtectSystem"] == "strict"
    assert told["ReadWritePaths"] == str(at.home)
    assert told["EnvironmentFile"].startswith("-/"), "keys lie outside the project, and there may be none"


def test_the_units_of_one_server_share_user_and_folders() -> None:
    shared = ("User", "WorkingDirectory", "Environment", "EnvironmentFile", "ReadWritePaths")
    assert len(UNITS) == 2
    assert len({tuple(service(unit)[name] for name in shared) for unit in UNITS}) == 1


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_has_nothing_to_say_of_a_unit(unit: Path, tmp_path: Path) -> None:
    """Its own check, where there is one, of the same unit with a command that this machine has."""
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        return
    here = tmp_path / unit.name
    here.write_text(
        unit.read_text(encoding="utf-8").replace(service(unit)["ExecStart"].split()[0], shutil.which("true") or "")
    )
    checked = subprocess.run([verifier, "verify", str(here)], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
