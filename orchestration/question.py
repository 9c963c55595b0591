"""One question to a file of the warehouse. It reads that file and nothing else, whoever wrote it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import duckdb

from orchestration.errors import EntrepotError

MEMORY_LIMIT = "2GB"
DISK_LIMIT = "20GB"
LONGEST_SECONDS = 600.0
SECONDS_BETWEEN_STOPS = 1.0
ANSWERING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}


@contextmanager
def answered(database: Path, statement: str) -> Iterator[duckdb.DuckDBPyRelation]:
    """The answer, computed as it is read. Large sorts spill into a temporary folder (`TMPDIR`) that goes with it.

    Raises `EntrepotError` when the statement is no question, reaches outside the file or cannot be answered.
    """
    try:
        _require_a_question(statement)
        with TemporaryDirectory(prefix="entrepot-") as spill, _closed(database, Path(spill)) as reader:
            reader.execute("use marts")
            with _in_time(reader):
                yield reader.sql(statement)
    except duckdb.InterruptException as problem:
        raise EntrepotError(
            f"The question took longer than {LONGEST_SECONDS:g} seconds. Nothing was changed. Ask for fewer rows, or open "
            "the file with a client of your own."
        ) from problem
    except duckdb.PermissionException as problem:
        raise EntrepotError(
            "A question reads this warehouse and nothing else: other files, databases, addresses and extensions are "
            f"closed to it. Nothing was changed. {_first_line(problem)}"
        ) from problem
    except duckdb.OutOfMemoryException as problem:
        raise EntrepotError(
            f"The question needs more than {MEMORY_LIMIT} of memory, or more room for temporary files than there is. "
            f"Nothing was changed. Ask for fewer rows, or set TMPDIR to a folder with more room. {_first_line(problem)}"
        ) from problem
    except duckdb.Error as problem:
        raise EntrepotError(f"DuckDB could not answer. {problem}") from problem


@contextmanager
def _in_time(reader: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Whatever is asked within, it is stopped when its time is over."""
    over = Event()
    clock = Thread(target=_stop_again_and_again, args=(reader, over), daemon=True)
    clock.start()
    try:
        yield
    finally:
        over.set()
        clock.join()


def _stop_again_and_again(reader: duckdb.DuckDBPyConnection, over: Event) -> None:
    """DuckDB forgets a stop that comes while it computes nothing, between the question and its first row, say."""
    seconds = LONGEST_SECONDS
    while not over.wait(seconds):
        reader.interrupt()
        seconds = SECONDS_BETWEEN_STOPS


def _closed(database: Path, spill: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        str(database),
        read_only=True,
        config={
            "enable_external_access": "false",
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(spill),
            "max_temp_directory_size": DISK_LIMIT,
            "lock_configuration": "true",
        },
    )


def _require_a_question(statement: str) -> None:
    """A read-only connection would still take COPY, ATTACH and SET: they are told by name, before anything is opened."""
    kinds = [parsed.type for parsed in duckdb.extract_statements(statement)]
    # PIVOT is read as a CREATE of a temporary type and a SELECT.
    if not kinds or kinds[-1] not in ANSWERING or set(kinds) - ANSWERING - {duckdb.StatementType.CREATE}:
        raise EntrepotError("That is not a SELECT, so nothing was done. The release is read-only: ask it a question.")


def _first_line(problem: duckdb.Error) -> str:
    return str(problem).splitlines()[0]
