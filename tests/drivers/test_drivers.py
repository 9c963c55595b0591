"""Every client that `docs/connect.md` names reads a release with the page's own words, and can do nothing else with it."""

import json
import shlex
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import SETTINGS, Client, Shell, program, words

BOTH_LEDGERS = [["census", "2024", "-65966862268.00"], ["kcs", "2024", "55629065974.00"]]

PLAIN = ["str", "int", "Decimal", "str"]
ARROW = ["string", "int32", "decimal128(20, 2)", "string"]
TYPES = {
    "Python": PLAIN,
    "SQLAlchemy": PLAIN,
    "pandas": ["str", "int32", "float64", "str"],
    "polars": ["String", "Int32", "Decimal(precision=20, scale=2)", "String"],
    "ADBC": ARROW,
    "ibis": ARROW,
}
ENVIRONMENTS = ("current", "duckdb14", "duckdb20")
CLIENTS = [
    *[("current", name) for name in ("Python", "pandas", "polars", "ADBC", "SQLAlchemy", "ibis")],
    *[("duckdb14", name) for name in ("Python", "pandas", "polars", "ADBC", "SQLAlchemy", "ibis")],
    *[("duckdb20", name) for name in ("Python", "pandas", "polars", "ADBC", "SQLAlchemy")],
]

OUTSIDE = {
    "reading a file": "select * from read_csv('data/secret.csv')",
    "listing files": "select * from glob('data/*')",
    "writing a file": "copy (select 1) to 'data/out.csv'",
    "opening a database": "attach 'data/other.duckdb'",
    "giving itself more memory": "set memory_limit = '64GB'",
    "opening itself again": "set enable_external_access = true",
    "changing a figure": "update marts.surplus_annual set balance_usd = 0",
}
REFUSALS = ("disabled by configuration", "has been locked", "read-only mode")


def asking(name: str) -> str:
    """The page's words as they ask any statement. To ibis a question is a SELECT, so it is given the others another way."""
    if name != "ibis":
        return words(name)
    opened, _ = words(name).split("answer =")
    return f"{opened}try:\n    reader.raw_sql(question)\nfinally:\n    reader.disconnect()"


def asking_again(name: str) -> str:
    """SQLAlchemy's engine is made once and asked often; elsewhere each question connects."""
    return words(name).split("\n\n")[-1] if name == "SQLAlchemy" else words(name)


@dataclass(frozen=True)
class Reading:
    """What one client was told: before a publish, after it, and on each way out."""

    before: dict[str, Any]
    after: dict[str, Any]
    outside: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Kept:
    """What a process that has a connection open reads after a publish: on it, on another one, and by the folder's own name."""

    open_before: dict[str, Any]
    opened_beside: dict[str, Any]
    opened_by_folder: dict[str, Any]


@dataclass(frozen=True)
class Readings:
    of: dict[tuple[str, str], Reading]
    kept: dict[str, Kept]
    release_before: str
    release_after: str


@pytest.fixture(scope="session")
def readings(shell: Shell) -> Readings:
    """One publish under all clients."""
    (shell.where / "data" / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with ExitStack() as running:
        clients = {(where, name): running.enter_context(Client(where, shell.where)) for where, name in CLIENTS}
        keepers = {where: running.enter_context(Client(where, shell.where)) for where in ENVIRONMENTS}
        first, before, outside = shell.served(), {}, {}
        for (where, name), client in clients.items():
            client.run(SETTINGS)
            before[where, name] = client.run(words(name))
            outside[where, name] = {what: client.run(asking(name), question=sql) for what, sql in OUTSIDE.items()}
            client.run(SETTINGS)
        for keeper in keepers.values():
            keeper.run(SETTINGS)
            keeper.run("import duckdb, os\nkept = duckdb.connect(release, read_only=True, config=hardened)")
        shell.publish()
        return Readings(
            {
                (where, name): Reading(before[where, name], client.run(asking_again(name)), outside[where, name])
                for (where, name), client in clients.items()
            },
            {
                where: Kept(
                    keeper.run("answer = kept.sql(question).fetchall()"),
                    keeper.run(words("Python")),
                    keeper.run(f"release = os.path.realpath(release)\n{words('Python')}"),
                )
                for where, keeper in keepers.items()
            },
            first,
            shell.served(),
        )


def releases_in(told: dict[str, Any]) -> set[str]:
    assert "error" not in told, told["error"]
    return {row[3] for row in told["rows"]}


@pytest.mark.parametrize(("where", "name"), CLIENTS)
def test_it_reads_both_ledgers_and_the_release_with_their_types(readings: Readings, where: str, name: str) -> None:
    told = readings.of[where, name].before
    assert "error" not in told, told["error"]
    rows = [[*row[:2], f"{float(row[2]):.2f}" if name == "pandas" else row[2], row[3]] for row in told["rows"]]
    assert rows == [[*row, readings.release_before] for row in BOTH_LEDGERS]
    assert list(told["types"].values()) == TYPES[name]


@pytest.mark.parametrize(("where", "name"), CLIENTS)
def test_after_a_publish_it_reads_the_new_release(readings: Readings, where: str, name: str) -> None:
    assert readings.release_after != readings.release_before
    assert releases_in(readings.of[where, name].after) == {readings.release_after}


@pytest.mark.parametrize("where", ENVIRONMENTS)
def test_a_connection_that_stays_open_stays_on_its_release(readings: Readings, where: str) -> None:
    assert releases_in(readings.kept[where].open_before) == {readings.release_before}


@pytest.mark.parametrize("where", ENVIRONMENTS)
def test_another_connection_beside_it_reads_the_new_one_but_in_duckdb_1_4(readings: Readings, where: str) -> None:
    seen = readings.release_before if where == "duckdb14" else readings.release_after
    assert releases_in(readings.kept[where].opened_beside) == {seen}


@pytest.mark.parametrize("where", ENVIRONMENTS)
def test_the_folders_own_name_gives_the_new_release_in_each(readings: Readings, where: str) -> None:
    assert releases_in(readings.kept[where].opened_by_folder) == {readings.release_after}


@pytest.mark.parametrize("what", OUTSIDE)
@pytest.mark.parametrize(("where", "name"), CLIENTS)
def test_it_refuses(readings: Readings, shell: Shell, where: str, name: str, what: str) -> None:
    told = readings.of[where, name].outside[what]
    assert any(refusal in told.get("error", "") for refusal in REFUSALS), told
    assert not (shell.where / "data" / "out.csv").exists()
    assert not (shell.where / "data" / "other.duckdb").exists()


def test_the_newest_folder_is_the_release_that_is_served(shell: Shell) -> None:
    with Client("current", shell.where) as client:
        client.run(SETTINGS)
        told = client.run(f"{words('Windows')}\n{words('Python')}")
    assert releases_in(told) == {shell.served()}


def _command_line(shell: Shell, question: str) -> Any:
    command, *options = shlex.split(words("Command line", "sh"))
    return shell.run(program("current", command), *options, "-json", "-c", question)


def _harlequin(where: str) -> Callable[[Shell, str], Any]:
    """The page's options, given to the command of Harlequin that needs no screen."""

    def ask(shell: Shell, question: str) -> Any:
        prepared, started = words("Harlequin", "sh").splitlines()
        shell.run("sh", "-c", prepared)
        command, *options = shlex.split(started)
        assert command == "harlequin"
        return shell.run(program(where, "hsql"), *options, "--json", "-c", question)

    return ask


COMMANDS = {
    "duckdb-cli": _command_line,
    "harlequin": _harlequin("current"),
    "harlequin of duckdb 2.0": _harlequin("duckdb20"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_reads_the_newest_release(readings: Readings, shell: Shell, command: str) -> None:
    told = COMMANDS[command](shell, _question())
    assert told.returncode == 0, told.stderr
    rows = [[str(cell) for cell in row.values()] for row in json.loads(told.stdout, parse_float=str)]
    assert rows == [[*row, readings.release_after] for row in BOTH_LEDGERS]


@pytest.mark.parametrize("what", OUTSIDE)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_refuses(readings: Readings, shell: Shell, command: str, what: str) -> None:
    told = COMMANDS[command](shell, OUTSIDE[what])
    assert told.returncode != 0
    assert any(refusal in told.stderr for refusal in REFUSALS), told.stderr
    assert not (shell.where / "data" / "out.csv").exists()


@pytest.mark.parametrize(
    "command", [".shell echo out", ".read data/secret.csv", ".output data/out.csv", ".open other.db"]
)
def test_the_command_lines_own_commands_are_refused(shell: Shell, command: str) -> None:
    told = _command_line(shell, command)
    assert "cannot be used in -safe mode" in told.stderr
    assert "out" not in told.stdout
    assert not (shell.where / "data" / "out.csv").exists()


SCREEN = """
import asyncio
from harlequin import Harlequin
from harlequin_duckdb import DuckDbAdapter
from textual.coordinate import Coordinate

async def shown():
    adapter = DuckDbAdapter(conn_str=(release,), read_only=True, init_path="hardened.sql")
    app = Harlequin(adapter=adapter, record_history=False)
    async with app.run_test(size=(120, 40)) as pilot:
        while app.editor is None or app.connection is None:
            await pilot.pause(0.1)
        app.editor.text = question
        await pilot.press("ctrl+j")
        while (table := app.results_viewer.get_visible_table()) is None or not table.row_count:
            await pilot.pause(0.1)
        cells = [[Coordinate(row, column) for column in range(table.column_count)] for row in range(table.row_count)]
        return [[str(table.get_cell_at(cell)) for cell in row] for row in cells]

answer = asyncio.run(asyncio.wait_for(shown(), 240))
"""


@pytest.mark.parametrize("where", ["current", "duckdb20"])
def test_harlequin_shows_the_answer_on_its_screen(shell: Shell, where: str) -> None:
    shell.run("sh", "-c", words("Harlequin", "sh").splitlines()[0])
    with Client(where, shell.where) as client:
        client.run(SETTINGS)
        told = client.run(SCREEN)
    assert "error" not in told, told["error"]
    assert told["rows"] == [[*row, shell.served()] for row in BOTH_LEDGERS]


def _question() -> str:
    names: dict[str, str] = {}
    exec(SETTINGS, names)  # noqa: S102 - the page's own words
    return names["question"]
