"""The official releases that ship with the project, handed to landing as a live fetch would hand them.

`seeds/archive/<source>/releases.csv` lists one release a line: its file, where it came from, and the days between which
it was published. `PROVENANCE.md` beside it says in words how sure each of these is.
"""

import csv
import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.errors import EntrepotError
from orchestration.landing import Release


def bundled(archive: Path, source: str, table: str) -> Iterator[tuple[Release, pa.Table]]:
    """The archive's releases of one table, oldest first, with their rows (all text, the publisher's own columns)."""
    listing = archive / source / "releases.csv"
    if not listing.is_file():
        return
    listed = [entry for entry in entries(listing) if entry["table"] == table]
    for entry in sorted(listed, key=lambda entry: entry["published_to"]):
        path = listing.parent / entry["file"]
        require_whole(path, entry["sha256"], listing)
        release = Release(
            source=source,
            table=table,
            url=entry["url"],
            basis=entry["basis"],
            period_from=date.fromisoformat(entry["period_from"]),
            period_to=date.fromisoformat(entry["period_to"]),
            settled_through=date.fromisoformat(entry["settled_through"]),
            settled_status=entry["settled_status"],
            open_status=entry["open_status"],
            published_from=date.fromisoformat(entry["published_from"]),
            published_to=date.fromisoformat(entry["published_to"]),
        )
        yield release, pq.read_table(path)


def entries(listing: Path) -> list[dict[str, str]]:
    """The lines of one `releases.csv`."""
    with listing.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def require_whole(path: Path, expected: str, listing: Path) -> None:
    """Raises `EntrepotError` where a file is missing, or is not the one of that SHA-256."""
    if not path.is_file():
        raise EntrepotError(
            f"{path} is missing, though {listing} lists it. Nothing was loaded. "
            f"Restore it with `git checkout -- {path.parent}` or clone the project again."
        )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise EntrepotError(
            f"{path} is not the file that {listing} lists (SHA-256 {found[:12]}…, expected {expected[:12]}…). "
            f"Nothing was loaded. Restore it with `git checkout -- {path.parent}`."
        )
