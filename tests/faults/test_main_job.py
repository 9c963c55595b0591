"""The errors that a new user makes, and the deaths that a run may die, through the real command.

Each refusal is one sentence that says what to do and exit code 1, without a traceback; what was served stays served.
"""

import json
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from filelock import FileLock

from orchestration.landing import Release, land
from orchestration.settings import PROJECT, Settings

from .releases import damages, differing_rows, leftovers, served_whole

if TYPE_CHECKING:
    from tests.conftest import Built

Command = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[bytes]]

KILLS = int(os.environ.get("ENTREPOT_MAIN_JOB_KILLS", "0"))
SOME_STEP = 200  # of more than 500 of dbt: the views stand, the tables are being made
LONGEST_WAIT_SECONDS = 600
KCS_TOTAL = {"year": "총계", "statCd": "-", "statCdCntnKor1": "-", "balPayments": "0"}


def assert_refused(answer: subprocess.CompletedProcess[str], *said: str) -> None:
    """One sentence on the error stream, no traceback anywhere."""
    assert answer.returncode == 1, answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    assert answer.stderr.startswith("Error: "), answer.stderr
    for part in said:
        assert part in answer.stderr


def served(home: Path) -> str:
    return (home / "serving" / "current").readlink().name


def wrong_total(home: Path) -> None:
    """Lands a printing of one Korean month whose partners do not add up to its total, by one dollar."""
    rows = [
        {
            "year": "2025.06",
            "statCd": "US",
            "statCdCntnKor1": "미국",
            "expDlr": "70",
            "impDlr": "50",
            "balPayments": "20",
        },
        {
            "year": "2025.06",
            "statCd": "CN",
            "statCdCntnKor1": "중국",
            "expDlr": "30",
            "impDlr": "50",
            "balPayments": "-20",
        },
        KCS_TOTAL | {"expDlr": "101", "impDlr": "100"},
    ]
    release = Release(
        source="kcs",
        table="country_totals",
        url="https://apis.data.go.kr/1220000/nationtrade/getNationtradeList?strtYymm=202506&endYymm=202506",
        basis="made by a test",
        period_from=date(2025, 6, 1),
        period_to=date(2025, 6, 1),
        settled_through=date(2024, 12, 1),
        settled_status="final",
        open_status="preliminary",
        retrieved_at=datetime(2025, 7, 15, 9, 0, tzinfo=UTC),
    )
    land(home / "landing", release, pa.Table.from_pylist(rows))


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Nothing that a test starts outlives it."""
    try:
        yield process
    finally:
        kill_all(process)


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """The whole group at once, as when a machine loses power: dbt and whatever else the command started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until_dbt_builds(home: Path, process: subprocess.Popen[bytes], step: int = 1) -> None:
    """dbt's own lines are kept in a file; a run that is forced writes it anew. The folder's name may stand in it too."""
    log = home / "dbt" / "build.log"
    for _ in range(10 * LONGEST_WAIT_SECONDS):
        said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        if re.search(rf"^{step} of \d+ START ", said, re.MULTILINE):
            return
        assert process.poll() is None, f"the run ended before dbt began:\n{said}"
        time.sleep(0.1)
    raise AssertionError(f"dbt did not come to step {step} within ten minutes:\n{said}")


def dbt_of(process: subprocess.Popen[bytes]) -> int:
    """The process id of the dbt that a run started."""
    for _ in range(300):
        assert process.poll() is None, "the run ended before its dbt was found"
        table = subprocess.run(
            ["ps", "-A", "-o", "pid=,pgid=,args=", "-ww"], capture_output=True, text=True, check=True
        ).stdout
        for line in table.splitlines():
            pid, group, *command = line.split(None, 2)
            if int(group) == process.pid and command and re.search(r"/dbt .*build", command[0]):
                return int(pid)
        time.sleep(0.1)
    raise AssertionError(f"no dbt among the processes of {process.pid} within half a minute:\n{table}")


def test_a_home_that_is_a_file_is_refused(tmp_path: Path, entrepot: Command) -> None:
    home = tmp_path / "home"
    home.write_text("not a folder")
    assert_refused(entrepot(home, "build"), f"Cannot write to {home}", "set ENTREPOT_HOME to another folder")
    assert home.read_text() == "not a folder"


def test_a_home_where_a_folder_cannot_be_made_is_refused_before_anything_runs(
    tmp_path: Path, entrepot: Command
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster").write_text("a file where a folder must be")
    answer = entrepot(home, "build")
    assert_refused(answer, f"Cannot write to {home}", "Nothing was changed")
    assert [path.name for path in home.iterdir()] == ["dagster"]


def test_a_landing_folder_that_cannot_be_written_is_named_by_the_step_that_needed_it(
    copied: Path, entrepot: Command
) -> None:
    shutil.rmtree(copied / "landing")
    (copied / "landing").write_text("a file where a folder must be")
    before = served(copied)
    assert_refused(entrepot(copied, "build", "--force"), f"cannot write {copied / 'landing'}", "No release was added")
    assert served(copied) == before


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return shutil.copytree(PROJECT / "seeds" / "archive", tmp_path / "archive")


def test_a_missing_file_of_the_archive_is_named_with_the_way_to_restore_it(
    copied: Path, archive: Path, entrepot: Command
) -> None:
    gone = archive / "kcs" / "country_totals_200001_202505.parquet"
    gone.unlink()
    answer = entrepot(copied, "build", "--force", ENTREPOT_ARCHIVE=str(archive))
    assert_refused(answer, f"{gone} is missing", "git checkout --")


def test_a_damaged_file_of_the_archive_is_named_and_nothing_of_it_is_loaded(
    copied: Path, archive: Path, entrepot: Command
) -> None:
    damaged = archive / "census" / "country_imports_201301_202412.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    before = served(copied)
    answer = entrepot(copied, "build", "--force", ENTREPOT_ARCHIVE=str(archive))
    assert_refused(answer, f"{damaged} is not the file that", "Nothing was loaded")
    assert served(copied) == before


def test_a_second_build_at_the_same_time_is_refused_while_readers_go_on(copied: Path, entrepot: Command) -> None:
    before = served(copied)
    with FileLock(copied / "writer.lock"):
        assert_refused(entrepot(copied, "build", "--force"), "Another run is writing to", "Wait until it ends")
        assert entrepot(copied, "status").returncode == 0
    assert served(copied) == before
    assert len(list((copied / "serving" / "releases").iterdir())) == 1


def test_a_second_build_is_told_which_run_is_writing(copied: Path, entrepot: Command) -> None:
    with Settings(home=copied).writer():
        answer = entrepot(copied, "build", "--force")
    assert_refused(answer, f"writing to {copied}: `", f"process {os.getpid()}, since ", "Wait until it ends")


@pytest.mark.parametrize("arguments", [["status"], ["query", "select 1"]])
def test_before_the_first_build_a_reader_is_told_to_build(
    tmp_path: Path, entrepot: Command, arguments: list[str]
) -> None:
    home = tmp_path / "home"
    assert_refused(entrepot(home, *arguments), f"Nothing is published in {home / 'serving'} yet. Run `entrepot build`")
    assert not home.exists()


def test_before_the_first_build_there_is_no_build_file_to_ask(tmp_path: Path, entrepot: Command) -> None:
    assert_refused(entrepot(tmp_path / "home", "query", "--warehouse", "select 1"), "Run `entrepot build`")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("selekt 1", 'syntax error at or near "selekt"'),
        ("select balance from surplus_annual", "balance_usd"),
        ("select [/b]", "select [/b]"),
        ("", "nothing was done"),
    ],
)
def test_a_question_that_duckdb_cannot_read_is_answered_with_what_is_wrong(
    built: "Built", entrepot: Command, sql: str, said: str
) -> None:
    assert_refused(entrepot(built.home, "query", sql), said)


@pytest.mark.parametrize(
    "sql",
    [
        "delete from surplus_annual",
        "create table marts.mine as select 1",
        "copy (select 1) to 'written.csv'",
        "attach 'other.duckdb'",
        "select 1; drop table surplus_annual",
    ],
)
def test_a_statement_that_writes_is_refused_and_writes_nothing(
    built: "Built", entrepot: Command, tmp_path: Path, sql: str
) -> None:
    sql = sql.replace("written.csv", str(tmp_path / "written.csv")).replace(
        "other.duckdb", str(tmp_path / "other.duckdb")
    )
    assert_refused(entrepot(built.home, "query", sql), "read-only")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [[], ["--warehouse"]])
@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{folder}/secret.csv')",
        "explain analyze copy (select 1) to '{folder}/written.csv'",
        "install httpfs",
        "set memory_limit = '64GB'",
    ],
)
def test_a_question_reaches_nothing_but_the_warehouse(
    built: "Built", entrepot: Command, tmp_path: Path, sql: str, place: list[str]
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nhidden\n", encoding="utf-8")
    answer = entrepot(built.home, "query", *place, "--csv", sql.format(folder=tmp_path))
    assert_refused(answer, "Nothing was changed" if "{folder}" in sql else "nothing was done")
    assert answer.stdout == ""
    assert list(tmp_path.iterdir()) == [secret]


def test_csv_holds_no_formula_and_negative_numbers_stay_numbers(built: "Built", entrepot: Command) -> None:
    answer = entrepot(built.home, "query", "--csv", "select '=1+1' as said, -1.50 as usd, '-' as publisher_code")
    assert answer.stdout == "said,usd,publisher_code\n'=1+1,-1.50,-\n"
    for command in ("query", "claims", "headlines"):
        told = entrepot(built.home, command, "--help").stdout.replace("│", " ")
        assert "begins with an apostrophe; numbers stay" in " ".join(told.split())


def test_no_question_and_two_questions_are_refused(built: "Built", entrepot: Command, tmp_path: Path) -> None:
    file = tmp_path / "question.sql"
    file.write_text("select 1")
    assert_refused(entrepot(built.home, "query"), "Give one SELECT")
    assert_refused(entrepot(built.home, "query", "select 1", "--file", str(file)), "Give one SELECT")


def test_a_question_from_a_file_is_answered_as_csv_with_every_digit(
    built: "Built", entrepot: Command, tmp_path: Path
) -> None:
    file = tmp_path / "물음 of today.sql"
    file.write_text(
        "select year, balance_usd, balance_rank, known_from from surplus_annual -- 한국과 미국\n"
        "where ledger_code = 'kcs' and partner_iso3 = 'USA' and year >= 2024 order by year",
        encoding="utf-8",
    )
    answer = entrepot(built.home, "query", "--csv", "--file", str(file))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        "year,balance_usd,balance_rank,known_from",
        "2024,55629065974.00,1,2025-06-20 00:00:00",
        "2025,21074232046.00,,2025-06-20 00:00:00",
    ]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([], "build status query"),
        (["build"], "Nothing is published when a test fails"),
        (["status"], "how fresh each source is"),
        (["query"], "one question in SQL"),
    ],
)
def test_help_says_what_a_command_does(tmp_path: Path, entrepot: Command, command: list[str], said: str) -> None:
    answer = entrepot(tmp_path / "home", *command, "--help")
    text = " ".join(answer.stdout.split())
    assert answer.returncode == 0
    assert all(part in text for part in (said.split() if not command else [said]))


def test_a_command_that_does_not_exist_is_refused_with_the_way_to_help(tmp_path: Path, entrepot: Command) -> None:
    answer = entrepot(tmp_path / "home", "biuld")
    assert answer.returncode == 2
    assert "--help" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_failing_test_publishes_nothing_and_names_itself_and_the_command_that_shows_its_rows(
    copied: Path, entrepot: Command
) -> None:
    before = served(copied)
    wrong_total(copied)
    answer = entrepot(copied, "build")
    assert_refused(answer, "Nothing was published", "test assert_partners_add_up_to_the_published_total (1 rows)")
    assert served(copied) == before
    assert [path.name for path in (copied / "serving" / "releases").iterdir()] == [before]
    judged = re.search(
        r"assert_partners_add_up_to_the_published_total .*\n +see its rows: (?P<command>entrepot .*)", answer.stderr
    )
    assert judged is not None, answer.stderr
    command = judged["command"]
    rows = entrepot(copied, *shlex.split(command)[1:], "--csv")
    assert rows.returncode == 0, rows.stderr
    header, row = rows.stdout.splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True)) | {"release_id": ""} == {
        "release_id": "",
        "dataset_code": "kcs.country_totals",
        "ledger_code": "kcs",
        "reporter_iso3": "KOR",
        "flow_code": "export",
        "period_month": "2025-06-01",
        "total_usd": "101.00",
        "parts_usd": "100.00",
    }
    assert "Something changed since" in entrepot(copied, "status").stdout


def test_a_dbt_that_dies_is_not_judged_by_the_results_of_the_run_before(
    copied: Path, tmp_path: Path, start: Start
) -> None:
    before = served(copied)
    said = tmp_path / "said"
    (copied / "dbt" / "build.log").unlink()
    with running(start(copied, said, "entrepot", "build", "--force")) as run:
        wait_until_dbt_builds(copied, run)
        os.kill(dbt_of(run), signal.SIGKILL)
        assert run.wait(timeout=LONGEST_WAIT_SECONDS) == 1
    text = said.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "Nothing was published" in text
    assert "tests passed" not in text
    assert served(copied) == before


def test_a_run_that_is_interrupted_ends_in_one_sentence_and_readers_keep_what_they_had(
    copied: Path, tmp_path: Path, start: Start, entrepot: Command
) -> None:
    before = served(copied)
    said = tmp_path / "said"
    (copied / "dbt" / "build.log").unlink()
    with running(start(copied, said, "entrepot", "build", "--force")) as run:
        wait_until_dbt_builds(copied, run)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(timeout=LONGEST_WAIT_SECONDS) != 0
    text = said.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "Error: Interrupted. Nothing was published" in text
    assert served(copied) == before
    assert entrepot(copied, "status").returncode == 0


def test_a_home_of_which_only_the_landing_files_are_whole_is_built_again_as_it_was_though_killed_on_the_way(
    built: "Built", copied: Path, tmp_path: Path, start: Start, entrepot: Command
) -> None:
    """The warehouse overwritten, runs killed, the served manifest damaged, the link set to nothing: one command mends all.

    One run is killed while dbt works, of which there is most to do; `make kills` kills more, at any time.
    """
    (copied / "warehouse.duckdb").write_bytes(b"nothing of the kind" * 10_000)
    told = entrepot(copied, "verify", COLUMNS="240")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "entrepot build --from-landing" in " ".join(told.stdout.split())
    moments = random.Random(20250708)  # noqa: S311
    (copied / "dbt" / "build.log").unlink()
    with running(start(copied, tmp_path / "said", "entrepot", "build", "--from-landing")) as run:
        wait_until_dbt_builds(copied, run, SOME_STEP)
    assert served_whole(copied)
    for number in range(KILLS):
        run = start(copied, tmp_path / f"said-{number}", "entrepot", "build", "--from-landing")
        try:
            run.wait(timeout=0.75 * built.seconds * (number + moments.random()) / KILLS)
        except subprocess.TimeoutExpired:
            kill_all(run)
        assert served_whole(copied)
    (copied / "serving" / "current" / "manifest.json").write_text("{")
    damaged = served(copied)
    (copied / "serving" / "current").unlink()
    (copied / "serving" / "current").symlink_to("releases/20200101T000000000000Z-00000000")
    assert_refused(entrepot(copied, "build"), "manifest.json is missing or damaged", "`entrepot build --force`")
    answer = entrepot(copied, "build", "--from-landing")
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    assert served_whole(copied).release_id != damaged
    assert differing_rows(copied, built.home) == {}
    assert leftovers(copied) == []
    assert [finding.what for finding in damages(copied, PROJECT / "seeds" / "archive")] == [damaged]


def test_dagster_reads_the_definitions_and_half_a_manifest_of_a_killed_run_is_made_anew(
    copied: Path, tmp_path: Path, start: Start
) -> None:
    manifest = copied / "dbt" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:1000])
    said = tmp_path / "said"
    arguments = ["definitions", "validate", "-m", "orchestration.definitions"]
    with running(start(copied, said, "dagster", *arguments, DAGSTER_HOME=str(copied / "dagster"))) as validation:
        code = validation.wait(timeout=LONGEST_WAIT_SECONDS)
    assert code == 0, said.read_text(encoding="utf-8")
    assert json.loads(manifest.read_text(encoding="utf-8"))["nodes"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answered(address: str, question: dict[str, str] | None = None) -> Any:
    body = None if question is None else json.dumps(question).encode()
    request = urllib.request.Request(address, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        return json.load(response)


def wait_until_served(address: str, process: subprocess.Popen[bytes], said: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, said.read_text(encoding="utf-8")
        try:
            answered(f"{address}/server_info")
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"no answer in ten minutes: {said.read_text(encoding='utf-8')}")


def test_dagsters_page_shows_the_whole_asset_graph_with_tests_as_checks(
    copied: Path, tmp_path: Path, start: Start
) -> None:
    port = free_port()
    address, said = f"http://127.0.0.1:{port}", tmp_path / "said"
    arguments = ["dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)]
    with running(start(copied, said, "dagster", *arguments, DAGSTER_HOME=str(copied / "dagster"))) as page:
        wait_until_served(address, page, said)
        question = "{ assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name } } } } }"
        nodes = answered(f"{address}/graphql", {"query": question})["data"]["assetNodes"]
    keys = {tuple(node["assetKey"]["path"]) for node in nodes}
    checks = {check["name"] for node in nodes for check in node["assetChecksOrError"].get("checks", [])}
    assert {
        ("landing", "kcs", "country_totals"),
        ("kcs", "country_totals"),
        ("staging", "stg_kcs__country_totals"),
        ("intermediate", "int_trade_observations"),
        ("marts", "surplus_monthly"),
        ("serving", "release"),
    } <= keys
    assert "assert_partners_add_up_to_the_published_total" in checks
