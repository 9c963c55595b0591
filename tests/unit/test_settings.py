"""Where things lie, and who may write."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from filelock import Timeout

from orchestration.errors import EntrepotError
from orchestration.settings import PROJECT, Settings, settings

HOLD = """
import sys
from orchestration.settings import settings
with settings().writer():
    print("held", flush=True)
    sys.stdin.readline()
"""
TRY = """
from orchestration.errors import EntrepotError
from orchestration.settings import settings
try:
    with settings().writer():
        print("admitted")
except EntrepotError as refusal:
    print(refusal)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("ENTREPOT_HOME", str(folder))
    monkeypatch.delenv("ENTREPOT_ARCHIVE", raising=False)
    return folder


def another_process(code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def answer(code: str) -> str:
    said, _ = another_process(code).communicate(timeout=30)
    return said.strip()


def test_everything_a_run_makes_lies_in_the_home_folder(home: Path) -> None:
    here = settings()
    made = [here.landing, here.warehouse, here.serving, here.current_file, here.dagster_home, here.dbt_target]
    assert here.home == home
    assert all(path.is_relative_to(home) for path in made)
    assert len(set(made)) == len(made)


def test_what_ships_with_the_project_does_not_move_with_the_home_folder(home: Path) -> None:
    here = settings()
    assert here.archive.is_dir()
    assert here.reference.is_dir()
    assert all(path.is_relative_to(PROJECT) for path in (here.archive, here.reference, here.dbt_project))


@pytest.mark.parametrize("unset", [None, ""])
def test_without_a_choice_the_home_is_the_data_folder_of_the_project(
    monkeypatch: pytest.MonkeyPatch, unset: str | None
) -> None:
    monkeypatch.delenv("ENTREPOT_HOME", raising=False)
    if unset is not None:
        monkeypatch.setenv("ENTREPOT_HOME", unset)
    assert settings().home == PROJECT / "data"


def test_a_tilde_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ENTREPOT_HOME", "~/trade")
    monkeypatch.setenv("ENTREPOT_ARCHIVE", "~/archive")
    assert settings().home == tmp_path / "trade"
    assert settings().archive == tmp_path / "archive"


def test_a_relative_home_is_fixed_when_it_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENTREPOT_HOME", "trade")
    here = settings()
    monkeypatch.chdir("/")
    assert here.home == tmp_path / "trade"


def test_preparing_makes_the_home_and_switches_telemetry_off(home: Path) -> None:
    settings().prepare()
    settings().prepare()
    configured = yaml.safe_load((home / "dagster" / "dagster.yaml").read_text())
    assert configured["telemetry"] == {"enabled": False}


def test_one_run_at_a_time_writes_and_a_killed_one_holds_no_place(home: Path) -> None:
    settings().prepare()
    configured = yaml.safe_load((home / "dagster" / "dagster.yaml").read_text())
    assert configured["concurrency"]["pools"] == {"default_limit": 1, "granularity": "run"}
    assert configured["run_monitoring"]["enabled"] is True


def test_a_configuration_of_ones_own_stays_and_that_of_an_earlier_version_does_not(home: Path) -> None:
    configured = home / "dagster" / "dagster.yaml"
    configured.parent.mkdir(parents=True)
    for text, stays in (("storage: {}\n", True), ("telemetry:\n  enabled: false\n", False)):
        configured.write_text(text)
        settings().prepare()
        assert (configured.read_text() == text) is stays


@pytest.mark.parametrize("obstacle", ["home", "home/dagster"])
def test_a_home_that_cannot_be_written_is_told_before_anything_is_done(home: Path, obstacle: str) -> None:
    path = home.parent / obstacle
    path.parent.mkdir(exist_ok=True)
    path.write_text("in the way")
    with pytest.raises(EntrepotError, match=rf"Cannot write to {home} \(.+\)\. Nothing was .*set ENTREPOT_HOME"):
        settings().prepare()
    assert path.read_text() == "in the way"


def test_writing_starts_with_the_proof_that_the_home_can_be_written(home: Path) -> None:
    home.write_text("in the way")
    with pytest.raises(EntrepotError, match="Cannot write to"), settings().writer():
        pytest.fail("a writer was admitted to a home that is a file")


def test_other_tools_are_told_of_the_same_folders(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)
    Settings(home=tmp_path / "given").export()
    assert os.environ["ENTREPOT_HOME"] == str(tmp_path / "given")
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "given" / "dagster")
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"


def test_a_second_writer_is_refused_in_words_and_admitted_when_the_first_has_ended(home: Path) -> None:
    here = settings()
    with here.writer():
        refusal = answer(TRY)
    named, nothing_changed = refusal.split(". ", maxsplit=1)
    assert re.fullmatch(
        rf"Another run is writing to {home}: `.+`, process {os.getpid()}, since \d{{4}}-\d\d-\d\d \d\d:\d\d UTC", named
    )
    assert nothing_changed == (
        "Nothing was changed. Wait until it ends "
        "(`entrepot status` works meanwhile), or set ENTREPOT_HOME to another folder."
    )
    assert answer(TRY) == "admitted"
    assert not (home / "writer.json").exists()


@pytest.mark.parametrize("left", ["nothing", "", "{", "null", '{"pid": 1}', "of the dead", "of an impossible process"])
def test_a_note_that_is_missing_damaged_or_of_the_dead_names_nobody_and_stops_nobody(home: Path, left: str) -> None:
    dead = another_process("")
    dead.communicate(timeout=30)
    pids = {"of the dead": dead.pid, "of an impossible process": 10**30}
    note = home / "writer.json"
    with settings().writer():
        note.unlink()
        if left in pids:
            note.write_text(f'{{"pid": {pids[left]}, "since": "2026-01-01T00:00:00Z", "command": "entrepot build"}}')
        elif left != "nothing":
            note.write_text(left)
        assert answer(TRY).startswith(f"Another run is writing to {home}. Nothing was changed. Wait until it ends")
    note.write_text(left)
    assert answer(TRY) == "admitted"


def test_the_note_of_one_that_was_killed_is_replaced_by_the_next(home: Path) -> None:
    holder = another_process(HOLD)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate(timeout=30)
    assert f'"pid":{holder.pid},' in (home / "writer.json").read_text()
    with settings().writer():
        assert f"process {os.getpid()}, since" in answer(TRY)


def test_a_note_that_cannot_be_written_stops_no_run(home: Path) -> None:
    (home / "writer.json").mkdir(parents=True)
    with settings().writer():
        assert answer(TRY).startswith(f"Another run is writing to {home}. Nothing")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["/opt/bin/entrepot", "build", "--force"], "entrepot build --force"),
        (["/opt/dagster/__main__.py", "api", "execute_run", '{"password": "x"}'], "dagster api execute_run"),
        (["entrepot", "a b", "c\x1b[2J"], "entrepot 'a b' 'c [2J'"),
        (["entrepot", "x" * 200], f"entrepot {'x' * 110}…"),
    ],
)
def test_a_run_is_named_by_the_words_of_its_command(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.setattr(sys, "argv", arguments)
    with settings().writer():
        assert f"Another run is writing to {home}: `{told}`, process {os.getpid()}, since 2" in answer(TRY)
        assert "password" not in (home / "writer.json").read_text()


def test_a_writer_of_another_home_is_not_in_the_way(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with settings().writer():
        monkeypatch.setenv("ENTREPOT_HOME", str(tmp_path / "other"))
        assert answer(TRY) == "admitted"


def test_the_right_to_write_ends_with_a_holder_that_is_killed(home: Path) -> None:
    holder = another_process(HOLD)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(EntrepotError, match="Another run is writing"), settings().writer():
            pytest.fail("two writers at once")
    finally:
        holder.kill()
        holder.communicate(timeout=30)
    with settings().writer():
        assert answer(TRY).startswith("Another run is writing")


def test_a_step_of_the_run_that_holds_the_right_may_take_it_again(home: Path) -> None:
    here = settings()
    with here.writer():
        with settings().writer():
            pass
        assert f"process {os.getpid()}, since" in answer(TRY)
    assert answer(TRY) == "admitted"


def test_the_right_to_write_ends_with_a_run_that_fails(home: Path) -> None:
    here = settings()
    with pytest.raises(ZeroDivisionError), here.writer():
        _ = 1 / 0
    assert answer(TRY) == "admitted"


def test_a_timeout_inside_the_run_is_not_taken_for_another_writer(home: Path) -> None:
    with pytest.raises(Timeout), settings().writer():
        raise Timeout("another lock")
