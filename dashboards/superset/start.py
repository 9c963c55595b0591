"""Starts Superset on the served release: sets it up, imports the dashboard, serves it on loopback until Ctrl-C."""

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NoReturn, TextIO

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
USER = "admin"
LONGEST_START_SECONDS = 300


class RefusedError(Exception):
    """Superset did not take what it was given. The message says why, in Superset's words."""


def main() -> None:
    os.umask(0o077)
    home = Path(os.environ.get("ENTREPOT_HOME") or HERE.parent.parent / "data").expanduser().absolute()
    port = _port(os.environ.get("PORT") or "8088")
    if not (home / "serving" / "current" / "trade.duckdb").is_file():
        _refuse(f"Nothing is published in {home / 'serving'} yet. Run `make build`, or set ENTREPOT_HOME.")
    state = home / "superset"
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        key = state / "secret_key"
        if not key.exists():
            key.write_text(secrets.token_urlsafe(48), encoding="ascii")
        log = (state / "superset.log").open("w", encoding="utf-8")
    except OSError as problem:
        _refuse(f"Cannot write to {state} ({problem.strerror}). Make the folder writable, or set ENTREPOT_HOME.")
    os.environ |= {
        "ENTREPOT_HOME": str(home),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_HOME": str(state),
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",
    }
    console = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    for output in (1, 2):
        os.dup2(log.fileno(), output)
    try:
        password = _set_up(console)
        _serve(console, port, password)
    except KeyboardInterrupt:
        console.write("\nEnded. What you saved is kept.\n")
    except RefusedError as problem:
        console.write(
            f"Error: Superset refuses {HERE / 'bundle'}: {problem}. Nothing of it was imported, and what you saved is kept. "
            f"Mend the file that is named; {log.name} says more.\n"
        )
        sys.exit(1)
    except Exception as problem:
        console.write(
            f"Error: Superset cannot start ({type(problem).__name__}). See {log.name}; the release is untouched.\n"
        )
        raise


def _port(asked: str) -> int:
    try:
        port = int(asked)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    except (OSError, OverflowError, ValueError) as problem:
        _refuse(f"Cannot listen on {HOST}:{asked} ({problem}). Choose another port: `make superset PORT=8089`.")


def _set_up(console: TextIO) -> str:
    """Superset's own commands, in this process, so that no list of processes shows the password."""
    console.write("Loading Superset\n")
    from flask.cli import ScriptInfo
    from superset.app import create_app
    from superset.cli.main import superset

    app = create_app()

    def run(what: str, *words: str) -> None:
        console.write(f"{what}\n")
        superset.main(list(words), standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))

    password = secrets.token_urlsafe(12)
    run("Bringing its own database up to date", "db", "upgrade")
    run("Setting up roles", "init")
    with app.app_context():
        known = app.appbuilder.sm.find_user(username=USER) is not None
    who: dict[str, Any] = {"--username": USER, "--password": password}
    if not known:
        who |= {"--firstname": "Entrepôt", "--lastname": "Analyst", "--email": f"{USER}@localhost"}
    words = [word for pair in who.items() for word in pair]
    run("Making a password for this start", "fab", "reset-password" if known else "create-admin", *words)
    with _complaints_heeded():
        run("Importing the dashboard", "import-directory", "--overwrite", str(HERE / "bundle"))
    return password


@contextmanager
def _complaints_heeded() -> Iterator[None]:
    """`import-directory` logs why it refuses a bundle, and then ends as if all were well."""
    said: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("superset")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
    if said:
        raise RefusedError("; ".join(said))


def _serve(console: TextIO, port: int, password: str) -> None:
    console.write("Starting the server\n")
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "--worker-class", "gthread"]
    command += [
        "--no-control-socket",
        "--threads",
        "8",
        "--timeout",
        "120",
        "--graceful-timeout",
        "2",
        "superset.app:create_app()",
    ]
    server = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    try:
        _wait_until_it_answers(server, port)
        console.write(
            f"\nThe dashboard is at http://{HOST}:{port}/superset/dashboard/korea-us-trade/ (Ctrl-C ends).\n"
            f"  user      {USER}\n  password  {password}\nThe password is for this start and is stored nowhere.\n"
        )
        server.wait()
        raise RuntimeError("the server ended by itself")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int) -> None:
    started = time.monotonic()
    while time.monotonic() - started < LONGEST_START_SECONDS and server.poll() is None:
        connection = HTTPConnection(HOST, port, timeout=10)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.3)
        finally:
            connection.close()
    raise RuntimeError("the server does not answer")


def _refuse(sentence: str) -> NoReturn:
    sys.exit(f"Error: {sentence}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
