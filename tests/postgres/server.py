"""A real PostgreSQL of Debian's on loopback, with a folder of its own, for as long as something needs it.

The server is told to stop when its user ends, and the kernel tells it the same when its user is killed.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
ADMIN = "entrepot_admin"
PATIENCE_SECONDS = 300


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


def programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    assert found, "These tests need a PostgreSQL server: `apt-get install -y postgresql`."
    return found[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _as_user() -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as postgres."""
    drop_root = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    return ["setpriv", "--pdeathsig=INT", *(drop_root if os.geteuid() == 0 else [])]


def prepare(folder: Path) -> None:
    """Makes an empty cluster with passwords (scram) in an empty folder; `<folder>/password` holds the admin's."""
    (folder / "password").write_text(secrets.token_urlsafe(24), encoding="utf-8")
    if os.geteuid() == 0:
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")
    flags = ["-U", ADMIN, "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(
        [*_as_user(), programs() / "initdb", "-D", folder / "data", "--no-sync", *flags],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def served(folder: Path, **tuned: str) -> Iterator[Database]:
    """Serves a folder that `prepare` made, with settings beside those of any test."""
    password = (folder / "password").read_text(encoding="utf-8")
    database = Database(_free_port(), "postgres", password)
    settings = {"listen_addresses": HOST, "unix_socket_directories": str(folder), "fsync": "off"} | tuned
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *_as_user(),
                programs() / "postgres",
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


def _answers(database: Database) -> bool:
    from adbc_driver_postgresql import dbapi

    try:
        with database.session():
            return True
    except dbapi.Error:
        return False
