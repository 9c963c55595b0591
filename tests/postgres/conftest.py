"""A real PostgreSQL of Debian's on loopback, for as long as the tests run, and small releases to copy into it.

The server is told to stop when these tests end, and the kernel tells it the same when they are killed.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.publishing.release import Mart, Publication
from orchestration.publishing.release import publish as publish_release

if TYPE_CHECKING:
    from tests.conftest import Built

HOST = "127.0.0.1"
ADMIN = "entrepot_admin"
PATIENCE_SECONDS = 300

# `sales` says which batch it is, so that a reader can tell whether it belongs to the release that `publication` names.
WAREHOUSE = r"""
    create schema marts;
    create table marts.publication (
        release_id varchar, published_at_utc timestamp, code_version varchar, mart_name varchar,
        row_count bigint, tests_passed_count bigint, tests_warned_count bigint
    );
    create table marts.countries ("order" integer, country_name varchar);
    insert into marts.countries values (1, '대한민국'), (2, 'Côte d''Ivoire \ x'), (3, null);
    create table marts.sales (batch integer, sale_id integer, value_usd decimal(20, 2));
    insert into marts.sales select {batch}, n, n / 100 from range(2000) as t(n);
    comment on table marts.sales is 'One row per sale; it''s "FOB", 100 % of C:\trade.';
    comment on column marts.sales.value_usd is 'US dollars; 원천 값은 천 달러.';
"""
MARTS = (Mart("countries", ("order",)), Mart("publication", ("mart_name",)), Mart("sales", ("sale_id",)))


def until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


class Session:
    """One connection of a person or of a watching test; each statement is its own transaction unless `begin` is said."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def value(self, expression: str) -> Any:
        return self.rows(f"select {expression}")[0][0]

    def arrow(self, statement: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetch_arrow_table()


@dataclass(frozen=True)
class Database:
    """One database of the server, empty at first. `address` holds no password: `password` goes by PGPASSWORD."""

    port: int
    name: str
    password: str

    def address(self, user: str = ADMIN) -> str:
        return f"postgresql://{user}@{HOST}:{self.port}/{self.name}"

    @contextmanager
    def session(self, user: str = ADMIN) -> Iterator[Session]:
        from adbc_driver_postgresql import dbapi

        address = f"postgresql://{user}:{self.password}@{HOST}:{self.port}/{self.name}?application_name=test"
        with dbapi.connect(address, autocommit=True) as connection:
            yield Session(connection)

    def login(self, name: str, *roles: str) -> str:
        """A person who may log in, and is a member of roles. Roles belong to the whole server, so names get an ending."""
        user = f"{name}_{secrets.token_hex(4)}"
        with self.session() as admin:
            admin.rows(f"create role {user} login password '{self.password}'")
            for role in roles:
                admin.rows(f"grant {role} to {user}")
        return user

    def publishers(self) -> list[int]:
        with self.session() as admin:
            found = admin.rows(
                "select pid from pg_stat_activity where application_name = 'entrepot' and datname = current_database()"
            )
        return [pid for (pid,) in found]


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    assert found, "These tests need a PostgreSQL server: `apt-get install -y postgresql`."
    return found[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    """A server with passwords (scram) and a data folder of its own. PostgreSQL refuses to run as root: then as postgres."""
    programs, folder = _programs(), Path(tempfile.mkdtemp(prefix="entrepot-postgres-"))
    password = secrets.token_urlsafe(24)
    (folder / "password").write_text(password, encoding="utf-8")
    as_user = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:
        as_user += ["--reuid=postgres", "--regid=postgres", "--init-groups"]
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")
    flags = ["-U", ADMIN, "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8", "--locale=C.UTF-8"]
    try:
        subprocess.run(
            [*as_user, programs / "initdb", "-D", folder / "data", "--no-sync", *flags],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        database = Database(_free_port(), "postgres", password)
        settings = {"listen_addresses": HOST, "unix_socket_directories": str(folder), "fsync": "off"}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *as_user,
                    programs / "postgres",
                    *("-D", folder / "data", "-p", str(database.port)),
                    *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
                ],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until(lambda: process.poll() is not None or _answers(database), "the server")
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
            yield database
        finally:
            process.send_signal(signal.SIGINT)  # "fast": it ends the sessions, and itself
            process.wait(PATIENCE_SECONDS)
    finally:
        shutil.rmtree(folder)


def _answers(database: Database) -> bool:
    from adbc_driver_postgresql import dbapi

    try:
        with database.session():
            return True
    except dbapi.Error:
        return False


@pytest.fixture
def database(server: Database) -> Database:
    name = f"trade_{secrets.token_hex(4)}"
    with server.session() as admin:
        admin.rows(f"create database {name}")
    return Database(server.port, name, server.password)


def renew(home: Path, batch: int) -> Publication:
    """A small release: `sales` of this batch, and what the release says of itself."""
    warehouse = home / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(WAREHOUSE.format(batch=batch))
    return publish_release(
        home / "serving",
        warehouse,
        MARTS,
        fingerprint=f"{batch:064x}",
        code_version="1",
        tests_passed=1,
        tests_warned=0,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one small release, of batch 1."""
    folder = tmp_path / "집 of the warehouse"
    folder.mkdir()
    renew(folder, 1)
    return folder


@pytest.fixture(scope="session")
def whole(built: "Built") -> Path:
    """A home that was built from the bundled archive; it is only read."""
    return built.home
