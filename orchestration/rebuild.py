"""The warehouse built anew from the landing files alone: they are what is kept for ever, it is made from them."""

from pathlib import Path

from orchestration import verify
from orchestration.archive import bundled
from orchestration.errors import EntrepotError
from orchestration.landing import land
from orchestration.settings import Settings
from orchestration.source import discover

MOST_NAMED = 3


def set_aside(at: Settings) -> Path | None:
    """Moves the warehouse out of the way and tells where it lies; the caller holds the writer's lock.

    It moves only when every landing file is whole and none is missing that it had loaded, so that nothing can be lost.
    One that an earlier try had moved stays there: what was begun in its place is thrown away. None where there was none.
    """
    complete_from_archive(at)
    damaged = verify.read([part for part in verify.parts(at) if part.area == "landing"])
    if damaged:
        named = "; ".join(f"{finding.what}: {finding.state}" for finding in damaged[:MOST_NAMED])
        more = f"; and {len(damaged) - MOST_NAMED} more" if len(damaged) > MOST_NAMED else ""
        raise EntrepotError(
            f"The warehouse cannot be built from {at.landing} alone ({named}{more}). Nothing was changed. "
            "`entrepot verify` says how each comes back."
        )
    aside = _aside(at)
    try:
        if aside.exists():
            _log_of(at.warehouse).unlink(missing_ok=True)
            at.warehouse.unlink(missing_ok=True)
        elif at.warehouse.exists():
            # The log goes first: one that is left behind would be replayed into the new file.
            if _log_of(at.warehouse).exists():
                _log_of(at.warehouse).replace(_log_of(aside))
            at.warehouse.replace(aside)
    except OSError as problem:
        raise EntrepotError(
            f"Cannot move {at.warehouse} aside ({problem.strerror}). Nothing was built. Mend the folder's rights, "
            "then run again."
        ) from problem
    return aside if aside.exists() else None


def forget(at: Settings) -> None:
    """Removes what was set aside, once a new warehouse was built, tested and published."""
    for path in (_log_of(_aside(at)), _aside(at)):
        path.unlink(missing_ok=True)


def complete_from_archive(at: Settings) -> None:
    """A landing file of the archive that is missing comes back, as any build would bring it."""
    for source in discover():
        for table in source.tables:
            for release, rows in bundled(at.archive, source.name, table.name):
                land(at.landing, release, rows)


def _aside(at: Settings) -> Path:
    return at.warehouse.with_name("warehouse.set-aside.duckdb")


def _log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")
