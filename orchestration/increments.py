"""What the warehouse remembers of its last whole build, so that the next one may read only the releases that came since.

A build that succeeded leaves its time here. One that makes everything anew forgets it first: where that fails or is
killed, the next makes everything anew too. One of changes keeps it until it has succeeded: the next then reads the same
changes again, which adds nothing twice.
"""

import hashlib
from datetime import datetime
from importlib.metadata import version

from orchestration.inputs import code_fingerprint, models_fingerprint
from orchestration.settings import Settings
from orchestration.warehouse import connect

LAST_BUILD = "create table if not exists entrepot.last_build (fingerprint varchar, loaded_through timestamp)"


def begin(at: Settings) -> datetime | None:
    """The time (UTC) after which releases are new; None where everything is to be made anew.

    That is so unless `ENTREPOT_INCREMENTAL` is on, the last build succeeded, and code, models and reference tables are
    those of that build. The caller holds the writer's lock.
    """
    with connect(at.warehouse) as connection:
        connection.execute(LAST_BUILD)
        last = connection.execute("select fingerprint, loaded_through from entrepot.last_build").fetchall()
        if at.incremental and [fingerprint for fingerprint, _ in last] == [_fingerprint(at)]:
            through: datetime | None = last[0][1]
            return through
        connection.execute("delete from entrepot.last_build")
    return None


def succeeded(at: Settings) -> None:
    """Remembers that every release of the ledger is built and tested. The caller has held the lock since `begin`."""
    with connect(at.warehouse) as connection:
        connection.execute(LAST_BUILD)
        connection.execute("begin")
        connection.execute("delete from entrepot.last_build")
        connection.execute(
            "insert into entrepot.last_build select ?, max(loaded_at) from entrepot.releases having count(*) > 0",
            [_fingerprint(at)],
        )
        connection.execute("commit")


def forget(at: Settings) -> None:
    """The next build makes everything anew."""
    with connect(at.warehouse) as connection:
        connection.execute(LAST_BUILD)
        connection.execute("delete from entrepot.last_build")


def fingerprint(at: Settings, *packages: str, release: str = "") -> str:
    """Of code, models, reference tables, the versions of packages, and the release of an engine that runs elsewhere."""
    made_by = (code_fingerprint(), models_fingerprint(at), *map(version, packages), release)
    return hashlib.sha256("\n".join(made_by).encode()).hexdigest()


def _fingerprint(at: Settings) -> str:
    return fingerprint(at, "duckdb", "dbt-duckdb")
