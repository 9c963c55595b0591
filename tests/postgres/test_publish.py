"""`entrepot publish` into a real PostgreSQL: the copy equals the release, and readers never see less than one."""

import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publishing.release import Publication, current

from .conftest import renew
from .server import ADMIN, HOST, PATIENCE_SECONDS, Database, Session, until

Command = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[bytes]]

PUBLISHES = 4


@pytest.fixture
def publish(entrepot: Command, home: Path, database: Database) -> Command:
    """`publish("--wait", "1")` as an administrator of the database; it must be told to fail."""

    def run(*arguments: str, user: str = ADMIN, fails: bool = False, **changes: str) -> Any:
        given = {"PGPASSWORD": database.password} | changes
        answer = entrepot(home, "publish", "--to", database.address(user), *arguments, **given)
        assert (answer.returncode != 0) == fails, f"{answer.stdout}\n{answer.stderr}"
        assert "Traceback" not in answer.stderr
        assert database.password not in answer.stdout + answer.stderr
        return answer

    return run


@pytest.fixture
def starts(start: Start, home: Path, database: Database, tmp_path: Path) -> Iterator[Start]:
    """`starts("--wait", "1")` runs a publish beside the test, its words in the file `out`; it never outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        command = ("entrepot", "publish", "--to", database.address(), *arguments)
        started.append(start(home, tmp_path / "out", *command, PGPASSWORD=database.password))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def schemas(database: Database) -> list[str]:
    with database.session() as admin:
        found = admin.rows(
            "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)' order by 1"
        )
    return [name for (name,) in found]


def batches(database: Database, schema: str = "marts") -> list[int]:
    with database.session() as admin:
        return [batch for (batch,) in admin.rows(f"select distinct batch from {schema}.sales order by 1")]


@contextmanager
def held_at(database: Database, table: str) -> Iterator[Session]:
    """Any publisher stops when it has created this table, until the block ends. The session is an administrator's."""
    with database.session() as admin:
        admin.rows(
            "create function stop_there() returns event_trigger language plpgsql set lock_timeout = 0 as $$ begin "
            "if exists (select from pg_event_trigger_ddl_commands() "
            f"where object_identity = '{table}') then perform pg_advisory_xact_lock(42); end if; end $$"
        )
        admin.rows(
            "create event trigger stops on ddl_command_end when tag in ('CREATE TABLE') execute function stop_there()"
        )
        admin.rows("select pg_advisory_lock(42)")
        try:
            yield admin
        finally:
            admin.rows("select pg_advisory_unlock(42)")
            admin.rows("drop event trigger stops")
            admin.rows("drop function stop_there")


def is_held(admin: Session) -> bool:
    return bool(admin.value("exists (select from pg_locks where locktype = 'advisory' and objid = 42 and not granted)"))


def test_the_copy_equals_the_release(entrepot: Command, whole: Path, database: Database) -> None:
    """Every value of every column of every mart, both ways; doubles to the last bit, decimals to the last digit."""
    answer = entrepot(whole, "publish", "--to", database.address(), PGPASSWORD=database.password)
    assert answer.returncode == 0, answer.stderr
    release = current(whole / "serving")
    assert release is not None
    with database.session() as admin, duckdb.connect() as both:
        both.execute("set enable_progress_bar = false")
        both.execute(f"attach '{whole / 'serving' / 'current' / 'trade.duckdb'}' as trade (read_only)")
        for mart, rows in release.marts.items():
            columns = both.execute(
                "select column_name, data_type from duckdb_columns() "
                "where database_name = 'trade' and schema_name = 'marts' and table_name = ? order by column_index",
                [mart],
            ).fetchall()
            arrived = admin.arrow(f"select * from marts.{mart}")
            assert arrived.column_names == [name for name, _ in columns]
            assert arrived.num_rows == rows
            both.register("arrived", arrived)
            typed = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns)
            both.execute(f"create or replace temp table copied as select {typed} from arrived")
            ours, theirs = (
                both.execute(f"select count(*), sum(hash(rows)::hugeint) from {table} as rows").fetchall()
                for table in (f"trade.marts.{mart}", "copied")
            )
            if ours != theirs:
                lost = both.execute(f"from trade.marts.{mart} except all from copied limit 3").fetchall()
                pytest.fail(f"{mart}: not in the copy: {lost}")
            for name, kind in columns:
                if kind.startswith("DECIMAL"):
                    ours = both.execute(f'select sum("{name}") from trade.marts.{mart}').fetchall()[0][0]
                    assert admin.value(f'sum("{name}")::text from marts.{mart}') == (
                        None if ours is None else str(ours)
                    )
        assert [kept for (kept,) in admin.rows("select distinct release_id from marts.publication")] == [
            release.release_id
        ]
        _has_keys(admin, release)
        _has_comments(admin, both)


def _has_keys(admin: Session, release: Publication) -> None:
    found: dict[str, list[str]] = {}
    for mart, column in admin.rows(
        "select pg_class.relname, pg_attribute.attname from pg_constraint "
        "join pg_class on pg_class.oid = pg_constraint.conrelid "
        "join pg_attribute on pg_attribute.attrelid = pg_class.oid and pg_attribute.attnum = any(conkey) "
        "where contype = 'p' and relnamespace = 'marts'::regnamespace "
        "order by relname, array_position(conkey, attnum)"
    ):
        found.setdefault(mart, []).append(column)
    assert found == release.grains
    assert set(found) == set(release.marts)


def _has_comments(admin: Session, both: duckdb.DuckDBPyConnection) -> None:
    ours = both.execute(
        "select table_name, null, comment from duckdb_tables() where database_name = 'trade' and schema_name = 'marts' "
        "union all select table_name, column_name, comment from duckdb_columns() "
        "where database_name = 'trade' and schema_name = 'marts'"
    ).fetchall()
    theirs = admin.rows(
        "select relname, attname, description from pg_class "
        "left join pg_description on objoid = pg_class.oid and classoid = 'pg_class'::regclass "
        "left join pg_attribute on attrelid = pg_class.oid and attnum = objsubid and objsubid > 0 "
        "where relkind = 'r' and relnamespace = 'marts'::regnamespace"
    )
    assert set(theirs) == set(ours)
    assert all(comment for _, _, comment in theirs)


def test_awkward_names_texts_and_types_arrive_as_they_are(publish: Command, home: Path, database: Database) -> None:
    publish()
    with database.session() as admin:
        assert admin.rows('select "order", country_name from marts.countries order by 1') == [
            (1, "대한민국"),
            (2, "Côte d'Ivoire \\ x"),
            (3, None),
        ]
        assert admin.value("obj_description('marts.sales'::regclass)") == (
            'One row per sale; it\'s "FOB", 100 % of C:\\trade.'
        )
        assert admin.value("col_description('marts.sales'::regclass, 3)") == "US dollars; 원천 값은 천 달러."
        assert admin.value("format_type(atttypid, atttypmod) from pg_attribute where attname = 'value_usd'") == (
            "numeric(20,2)"
        )


def test_a_member_of_the_reader_role_reads_and_can_do_nothing_else(publish: Command, database: Database) -> None:
    from adbc_driver_postgresql import dbapi

    publish()
    publish()
    anna, stranger = database.login("anna", "marts_reader"), database.login("stranger")
    refused = [
        "insert into marts.sales values (9, 9, 9)",
        "update marts.sales set batch = 9",
        "delete from marts.sales",
        "truncate marts.sales",
        "drop table marts.sales",
        "create table marts.mine (n integer)",
        "create schema mine",
        "alter schema marts rename to mine",
        "comment on table marts.sales is 'mine'",
    ]
    with database.session(anna) as reader:
        assert reader.value("count(*) from marts.sales") == 2000
        assert reader.value("count(*) from marts.publication") == 3
        for statement in refused:
            with pytest.raises(dbapi.Error, match=r"permission denied|must be owner"):
                reader.rows(statement)
    with database.session(stranger) as nobody, pytest.raises(dbapi.Error, match="permission denied"):
        nobody.rows("select * from marts.sales")
    with database.session() as admin:
        assert admin.rows(
            "select rolcanlogin, rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = 'marts_reader'"
        ) == [(False, False, False, False)]
        assert "default_transaction_read_only=on" in str(
            admin.value("array_to_string(rolconfig, ',') from pg_roles where rolname = 'marts_reader'")
        )


def test_readers_meet_only_whole_releases_while_they_change(publish: Command, home: Path, database: Database) -> None:
    """Two questions in one repeatable-read transaction, and one question over two marts, as fast as they go."""
    batch_of = {_release_id(home): 1}
    publish()
    anna, done = database.login("anna", "marts_reader"), threading.Event()
    seen: list[tuple[str, int, int]] = []
    problems: list[BaseException] = []
    asked: list[Callable[[Session], tuple[str, int, int]]] = [_in_two_questions, _in_two_questions, _in_one_question]
    readers = [threading.Thread(target=_read, args=(database, anna, done, ask, seen, problems)) for ask in asked]
    for reader in readers:
        reader.start()
    try:
        for batch in range(2, PUBLISHES + 2):
            batch_of[renew(home, batch).release_id] = batch
            before = len(seen)
            publish()
            until(lambda before=before: problems or len(seen) > before + 10, "the readers")  # type: ignore[misc]
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert problems == []
    assert {(release, batch) for release, batch, _ in seen} <= set(batch_of.items())
    assert {rows for _, _, rows in seen} == {2000}
    assert len({release for release, _, _ in seen}) > 2
    assert schemas(database) == ["marts"]


def _release_id(home: Path) -> str:
    release = current(home / "serving")
    assert release is not None
    return release.release_id


def _read(
    database: Database,
    user: str,
    done: threading.Event,
    ask: Callable[[Session], tuple[str, int, int]],
    seen: list[tuple[str, int, int]],
    problems: list[BaseException],
) -> None:
    try:
        with database.session(user) as reader:
            while not done.is_set():
                seen.append(ask(reader))
    except Exception as problem:
        problems.append(problem)


def _in_two_questions(reader: Session) -> tuple[str, int, int]:
    reader.rows("begin isolation level repeatable read")
    ((release,),) = reader.rows("select distinct release_id from marts.publication")
    ((batch, rows),) = reader.rows("select max(batch), count(*) from marts.sales")
    reader.rows("commit")
    return release, batch, rows


def _in_one_question(reader: Session) -> tuple[str, int, int]:
    ((release, batch, rows),) = reader.rows(
        "select (select max(release_id) from marts.publication), max(batch), count(*) from marts.sales"
    )
    return release, batch, rows


def test_a_publisher_killed_in_the_middle_leaves_the_old_marts_and_the_next_run_cleans_up(
    publish: Command, starts: Start, home: Path, database: Database, tmp_path: Path
) -> None:
    publish()
    renew(home, 2)
    with held_at(database, "marts__new.sales") as admin:
        running = starts()
        until(lambda: is_held(admin), "the publisher in the middle of its copy")
        running.send_signal(signal.SIGKILL)
        running.wait(PATIENCE_SECONDS)
        assert schemas(database) == ["marts", "marts__new"]
        assert batches(database) == [1]
        until(lambda: not database.publishers(), "the server to see that its client died")
    assert schemas(database) == ["marts", "marts__new"]
    assert batches(database) == [1]
    publish()
    assert schemas(database) == ["marts"]
    assert batches(database) == [2]


def test_a_connection_that_is_lost_in_the_middle_is_told_and_the_old_marts_remain(
    publish: Command, starts: Start, home: Path, database: Database, tmp_path: Path
) -> None:
    publish()
    renew(home, 2)
    with held_at(database, "marts__new.sales") as admin:
        running = starts()
        until(lambda: is_held(admin), "the publisher in the middle of its copy")
        admin.rows(f"select pg_terminate_backend({database.publishers()[0]})")
        assert running.wait(PATIENCE_SECONDS) == 1
    said = " ".join((tmp_path / "out").read_text(encoding="utf-8").split())
    assert re.search(r"Failed while copying sales at .*Readers of marts have what they had\..*publish again", said), (
        said
    )
    assert batches(database) == [1]
    publish()
    assert (schemas(database), batches(database)) == (["marts"], [2])


def test_interrupting_it_is_told_and_leaves_nothing(
    publish: Command, starts: Start, home: Path, database: Database, tmp_path: Path
) -> None:
    publish()
    with held_at(database, "marts__new.sales") as admin:
        running = starts()
        until(lambda: is_held(admin), "the publisher in the middle of its copy")
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_SECONDS) == 1
    said = (tmp_path / "out").read_text(encoding="utf-8")
    assert "Interrupted while copying sales" in said
    assert "Traceback" not in said
    assert schemas(database) == ["marts"]


def test_a_second_publisher_is_refused_and_the_first_goes_on(
    publish: Command, starts: Start, home: Path, database: Database, tmp_path: Path
) -> None:
    with held_at(database, "marts__new.sales") as admin:
        running = starts()
        until(lambda: is_held(admin), "the first publisher in the middle of its copy")
        refused = publish(fails=True)
        (pid,) = database.publishers()
    assert re.search(rf"Another publish is writing schema marts .*server process {pid}\)", refused.stderr)
    assert "Nothing was changed" in refused.stderr
    assert running.wait(PATIENCE_SECONDS) == 0
    assert (schemas(database), batches(database)) == (["marts"], [1])


def test_a_session_that_stays_in_its_transaction_does_not_hold_a_publish_up(
    publish: Command, home: Path, database: Database
) -> None:
    publish()
    anna = database.login("anna", "marts_reader")
    renew(home, 2)
    with database.session(anna) as reader:
        reader.rows("begin")
        reader.rows("select count(*) from marts.sales")
        said = publish("--wait", "2").stderr
        assert re.search(rf"open in one transaction for over 2 s .*of {anna}", said)
        assert re.search(r"stay in schema marts__old_\d+ .*the next publish removes", said)
        assert batches(database) == [2]
        assert len(schemas(database)) == 2
        reader.rows("commit")
    publish()
    assert schemas(database) == ["marts"]


def test_a_transaction_that_would_find_the_new_marts_empty_is_waited_for_and_then_the_publish_gives_up(
    publish: Command, home: Path, database: Database
) -> None:
    publish()
    renew(home, 2)
    with database.session() as reader:
        reader.rows("begin isolation level repeatable read")
        reader.rows("select 1")
        said = publish("--wait", "2", fails=True).stderr
        assert re.search(r"older than the copied rows.*did not end in 2 s \(server process \d+", said)
        assert "Readers of marts have what they had." in said
        assert reader.value("count(*) from marts.sales where batch = 1") == 2000
        reader.rows("commit")
    assert schemas(database) == ["marts"]
    assert batches(database) == [1]


def test_a_publish_goes_on_when_the_transaction_it_waits_for_ends(
    publish: Command, starts: Start, home: Path, database: Database, tmp_path: Path
) -> None:
    publish()
    renew(home, 2)
    with database.session() as reader, database.session() as admin:
        reader.rows("begin isolation level repeatable read")
        reader.rows("select 1")
        running = starts("--wait", "300")
        until(
            lambda: admin.value("exists (select from pg_locks where locktype = 'virtualxid' and not granted)"),
            "the publisher to wait",
        )
        assert reader.value("max(batch) from marts.sales") == 1
        reader.rows("commit")
        assert running.wait(PATIENCE_SECONDS) == 0
    assert (schemas(database), batches(database)) == (["marts"], [2])


def test_a_view_that_others_built_on_the_marts_is_not_dropped(publish: Command, home: Path, database: Database) -> None:
    publish()
    with database.session() as admin:
        admin.rows("create schema team")
        admin.rows("create view team.batches as select distinct batch from marts.sales")
        renew(home, 2)
        assert re.search(r"stay in schema marts__old_\d+.*team\.batches", publish().stderr)
        assert admin.rows("select batch from team.batches") == [(1,)]
        admin.rows("create or replace view team.batches as select distinct batch from marts.sales")
        assert publish().stderr.count("marts__old_") == 1
        assert admin.rows("select batch from team.batches") == [(2,)]
    assert sum(name.startswith("marts__old_") for name in schemas(database)) == 1


@pytest.mark.parametrize("name", ["marts", "marts__new"])
def test_a_schema_that_is_not_ours_is_left_alone(publish: Command, database: Database, name: str) -> None:
    with database.session() as admin:
        admin.rows(f"create schema {name}")
        admin.rows(f"create table {name}.precious as select 1 as n")
        said = publish(fails=True).stderr
        assert re.search(rf"Schema {name} .*was not made by.*Nothing was changed.*--schema", said)
        assert admin.rows(f"select n from {name}.precious") == [(1,)]
    publish("--schema", "trade")
    assert batches(database, "trade") == [1]


def test_a_user_who_may_not_create_schemas_learns_what_to_ask_for(publish: Command, database: Database) -> None:
    user = database.login("publisher")
    said = publish(user=user, fails=True).stderr
    assert f'grant create on database "{database.name}" to "{user}"' in said
    assert schemas(database) == []


def test_a_user_who_may_not_create_roles_learns_what_to_ask_for(publish: Command, database: Database) -> None:
    user, readers = database.login("publisher"), database.login("readers")
    with database.session() as admin:
        admin.rows(f"grant create on database {database.name} to {user}")
    said = publish("--reader-role", "nobody_yet", user=user, fails=True).stderr
    assert 'create role "nobody_yet" nologin' in said
    assert schemas(database) == []
    publish("--reader-role", readers, user=user)
    with database.session(readers) as reader:
        assert reader.value("count(*) from marts.sales") == 2000
    other = database.login("other")
    with database.session() as admin:
        admin.rows(f"grant create on database {database.name} to {other}")
    assert f"belongs to {user}" in publish("--reader-role", readers, user=other, fails=True).stderr


@pytest.mark.parametrize("where", ["environment", "address"])
def test_a_wrong_password_is_told_and_never_shown(
    entrepot: Command, home: Path, database: Database, where: str
) -> None:
    wrong, address = "wr0ng-and-long", database.address()
    if where == "address":
        answer = entrepot(home, "publish", "--to", address.replace("@", f":{wrong}@"))
    else:
        answer = entrepot(home, "publish", "--to", address, PGPASSWORD=wrong)
    assert answer.returncode == 1
    assert re.search(
        r"Cannot connect to .*password authentication failed.*Nothing was copied.*PGPASSWORD", answer.stderr
    )
    assert wrong not in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_password_file_is_read(entrepot: Command, home: Path, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"{HOST}:{database.port}:*:{ADMIN}:{database.password}\n", encoding="utf-8")
    file.chmod(0o600)
    answer = entrepot(home, "publish", "--to", database.address(), PGPASSFILE=str(file))
    assert answer.returncode == 0, answer.stderr
    assert batches(database) == [1]


def test_a_server_that_does_not_listen_is_told(entrepot: Command, home: Path) -> None:
    answer = entrepot(home, "publish", "--to", f"postgresql://anna@{HOST}:1/trade")
    assert answer.returncode == 1
    assert re.search(r"Cannot connect to .*refused.*Nothing was copied\. See that the server runs", answer.stderr)
