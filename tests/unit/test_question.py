"""A question reads one file: what it is refused, and that it still has room to sort."""

import tempfile
import threading
import time
from pathlib import Path

import duckdb
import pytest

from orchestration import briefing, question
from orchestration.errors import EntrepotError

REFUSED = {
    "reading a file": "select * from read_csv('{folder}/secret.csv')",
    "reading a file by its name": "select * from '{folder}/secret.csv'",
    "reading a text": "select * from read_text('{folder}/secret.csv')",
    "listing files": "select * from glob('{folder}/*')",
    "reading an address": "select * from 'https://localhost/a.parquet'",
    "writing a file while it explains": "explain analyze copy (select 1) to '{folder}/out.csv'",
}
NO_QUESTION = [
    "copy (select 1) to '{folder}/out.csv'",
    "attach '{folder}/other.duckdb'",
    "install httpfs",
    "load httpfs",
    "set memory_limit = '64GB'",
    "reset memory_limit",
    "pragma threads = 3",
    "set enable_external_access = true; select 1",
    "create temporary table a as select 1",
    "",
    "-- select 1",
]
NO_SELECT = r"^That is not a SELECT, so nothing was done\. The release is read-only: ask it a question\.$"
SORT = "select hash(n) as h, repeat('x', 60) || n as text from range(1000000) as t(n) order by h, text"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    file = tmp_path / "trade.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts; create table marts.surplus_annual as select -1.5 as balance_usd")
    return file


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "임시 files"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def rows(database: Path, statement: str) -> list[tuple[object, ...]]:
    with question.answered(database, statement) as answer:
        return answer.fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "from surplus_annual",
        "with a as (from marts.surplus_annual) select * from a",
        "pivot (select 'a' as k, -1.5 as v) on k using sum(v)",
    ],
)
def test_a_question_is_answered(database: Path, statement: str) -> None:
    assert [float(str(value)) for (value,) in rows(database, statement)] == [-1.5]


def test_a_file_with_work_that_its_writer_left_in_the_log_is_read_with_it(database: Path) -> None:
    """As a killed build leaves the build file."""
    log = database.with_name("trade.duckdb.wal")
    with duckdb.connect(str(database)) as connection:
        connection.execute("insert into marts.surplus_annual values (2)")
        whole, left = database.read_bytes(), log.read_bytes()
    database.write_bytes(whole)
    log.write_bytes(left)
    assert len(rows(database, "from surplus_annual")) == 2


@pytest.mark.parametrize("what", REFUSED)
def test_what_reaches_outside_the_file_is_refused_in_a_sentence(database: Path, what: str) -> None:
    before = sorted(path.name for path in database.parent.iterdir())
    with pytest.raises(EntrepotError, match=r"^A question reads this warehouse and nothing else: .*$"):
        rows(database, REFUSED[what].format(folder=database.parent))
    assert sorted(path.name for path in database.parent.iterdir()) == before


@pytest.mark.parametrize("statement", NO_QUESTION)
def test_what_is_no_question_is_refused_before_anything_is_opened(tmp_path: Path, statement: str) -> None:
    with pytest.raises(EntrepotError, match=NO_SELECT):
        rows(tmp_path / "not there.duckdb", statement.format(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_settings_are_closed_to_the_question_itself(database: Path) -> None:
    asked = "select current_setting('enable_external_access'), current_setting('lock_configuration')"
    assert rows(database, asked) == [(False, True)]


def test_a_sort_larger_than_its_memory_spills_into_a_folder_that_goes_with_it(
    database: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "MEMORY_LIMIT", "60MB")
    with question.answered(database, SORT) as answer:
        hashes = [first for (first, _) in answer.fetchmany(1000)]
        assert hashes == sorted(hashes)
        assert [file.suffix for folder in temporary.iterdir() for file in folder.iterdir()]
        assert [folder.name[:9] for folder in temporary.iterdir()] == ["entrepot-"]
    assert list(temporary.iterdir()) == []
    assert [path.name for path in database.parent.iterdir() if "tmp" in path.name] == []


def test_a_sort_larger_than_the_memory_it_cannot_leave_says_what_to_do(
    database: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "MEMORY_LIMIT", "1MB")
    with pytest.raises(
        EntrepotError, match=r"^The question needs more than 1MB .* set TMPDIR .* room\. Out of Memory Error: "
    ):
        rows(database, SORT)
    assert list(temporary.iterdir()) == []


LONG = "select count(*) from range(200000) as a(i), range(100000) as b(j) where hash(i + j) = 1"


def test_a_question_that_takes_too_long_is_stopped(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "LONGEST_SECONDS", 0.2)
    with pytest.raises(EntrepotError) as told:
        rows(database, LONG)
    assert str(told.value) == (
        "The question took longer than 0.2 seconds. Nothing was changed. Ask for fewer rows, or open the file with a client "
        "of your own."
    )


def test_a_question_whose_time_is_over_before_its_answer_is_asked_for_is_stopped_too(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(question, "SECONDS_BETWEEN_STOPS", 0.2)
    with (
        pytest.raises(EntrepotError, match=r"^The question took longer than 0 seconds\. "),
        question.answered(database, LONG) as answer,
    ):
        time.sleep(0.1)  # the first stop meets a question that is not being computed
        answer.fetchall()


def test_the_clock_of_a_question_holds_up_no_program_that_ends_and_goes_with_the_answer(database: Path) -> None:
    before = set(threading.enumerate())
    with question.answered(database, "from surplus_annual"):
        (clock,) = set(threading.enumerate()) - before
        assert clock.daemon
    assert not clock.is_alive()


def test_what_duckdb_cannot_answer_is_told_in_its_words(database: Path) -> None:
    with pytest.raises(EntrepotError, match=r"^DuckDB could not answer\. Catalog Error: .* surplus_anual "):
        rows(database, "from surplus_anual")


def test_the_room_for_temporary_files_has_a_bound(database: Path) -> None:
    ((room,),) = rows(database, "select current_setting('max_temp_directory_size')")
    assert str(room) == "18.6 GiB"


HOSTILE = [
    "x'; drop table marts.surplus_annual; --",
    "x' or 1 = 1 --",
    "x'); copy (select 1) to 'out.csv'; --",
    "\u202ex",
    "x\0",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_that_a_person_gives_is_only_a_value(database: Path, text: str) -> None:
    """`entrepot headlines EVENT` and the page bind what they are given; here it is a partner that no row has."""
    with duckdb.connect(str(database), read_only=True) as reader:
        assert (
            briefing.rows(reader, "select * from marts.surplus_annual where cast(balance_usd as text) = ?", text) == []
        )
        assert reader.execute("select count(*) from marts.surplus_annual").fetchall() == [(1,)]


def test_a_question_is_asked_of_a_file_that_nobody_can_write_through_it(database: Path) -> None:
    assert rows(database, "select current_setting('access_mode')") == [("read_only",)]


def test_what_duckdb_says_of_a_closed_door_is_kept(database: Path) -> None:
    with pytest.raises(EntrepotError, match=r"Nothing was changed\. Permission Error: "):
        rows(database, "select * from read_csv('/secret.csv')")
