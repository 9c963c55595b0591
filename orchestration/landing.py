"""Release files: what a publisher printed, kept for ever.

One Parquet file per release, written once. Columns are the publisher's own, as text; what is known about the release
(where it came from, when it was published, what it covers) lies in the same file's footer: neither can be lost alone.
"""

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from orchestration.errors import EntrepotError
from orchestration.holder import lives

FOOTER_KEY = b"entrepot"
STAMP = "%Y%m%dT%H%M%S"
STAMP_LENGTH = len("20250630T093000")


@dataclass(frozen=True)
class Release:
    """One printing of one table.

    `published_from` and `published_to` bound the day of publication; `known_from` (UTC) is the end of that interval, so
    a figure is never said to be known before it surely was. Where the source gave no day, it is the time of retrieval.
    `period_from` and `period_to` are the first and last month the release reports on. Months up to `settled_through`
    carry `settled_status`, later ones `open_status`.
    `scope` lists by commas what the release covers of its months: the publisher's partner codes, or a series. Empty
    means all. A release of some partners says nothing of the others.
    """

    source: str
    table: str
    url: str
    basis: str
    period_from: date
    period_to: date
    settled_through: date
    settled_status: str
    open_status: str
    published_from: date | None = None
    published_to: date | None = None
    retrieved_at: datetime | None = None
    row_count: int = 0
    checksum: str = ""
    scope: str = ""

    @property
    def known_from(self) -> datetime:
        if self.published_to is not None:
            return datetime.combine(self.published_to, time())
        if self.retrieved_at is not None:
            moment = self.retrieved_at
            return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        raise EntrepotError(
            f"{self.source}/{self.table}: the release has neither a day of publication nor a time of retrieval. "
            "Nothing was written. Give it one of the two: vintages cannot be guessed."
        )

    @property
    def release_id(self) -> str:
        return f"{self.source}.{self.table}.{self._printing}"

    def path(self, landing: Path) -> Path:
        return landing / self.source / self.table / f"{self._printing}.parquet"

    @property
    def _printing(self) -> str:
        """The months are part of it: two months fetched at one moment may hold the same rows, or none."""
        return f"{self.known_from:{STAMP}}-{self.months}-{self.checksum[:12]}"

    @property
    def months(self) -> str:
        return f"{self.period_from:%Y%m}-{self.period_to:%Y%m}"


def checksum(rows: pa.Table) -> str:
    """SHA-256 of the rows as CSV: the same for the same content, whatever wrote the Parquet file."""
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(rows, buffer)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def checksum_of_file(path: Path, read_as: str) -> str:
    """SHA-256 of a file and of what is read from it: two parts of one file are two printings."""
    with path.open("rb") as file:
        return hashlib.sha256(hashlib.file_digest(file, "sha256").digest() + read_as.encode()).hexdigest()


def land(landing: Path, release: Release, rows: pa.Table) -> tuple[Release, bool]:
    """Keeps a release; returns it as kept, and whether it was new.

    Content that is already held as the printing before it of the same months, or under the same date, adds nothing.
    A printing that proves to be older than those held is kept: it shows that its figures were known sooner.
    """
    _forget_the_dead(landing / release.source / release.table)
    text = rows.cast(pa.schema([(name, pa.string()) for name in rows.column_names]))
    release = replace(release, row_count=text.num_rows, checksum=checksum(text))
    before = printing_before(landing, release)
    if before is not None and before.checksum == release.checksum:
        return before, False
    path = release.path(landing)
    if path.exists():
        return read_release(path), False
    _write_once(path, release, text)
    return release, True


Months = Callable[[pa.RecordBatch], tuple[date, date] | None]


def keep_stream(
    landing: Path, release: Release, batches: Iterable[pa.RecordBatch], schema: pa.Schema, months: Months
) -> Release:
    """Keeps a release that may be larger than memory, under the checksum it comes with; returns it as kept.

    `months` finds the first and last month in some rows; the release keeps its own where no row names one. A file that
    proves to be unreadable half-way leaves nothing behind.
    """
    _forget_the_dead(landing / release.source / release.table)
    found: list[tuple[date, date]] = []
    part = landing / release.source / release.table / f"{release.checksum}.{os.getpid()}.part"
    with _told(release, part), part.open("wb") as handle:
        with pq.ParquetWriter(handle, schema, compression="zstd", write_page_checksum=True) as writer:
            for batch in batches:
                writer.write_batch(batch)
                found += [span for span in [months(batch)] if span]
                release = replace(release, row_count=release.row_count + batch.num_rows)
            if found:
                first, last = min(first for first, _ in found), max(last for _, last in found)
                release = replace(release, period_from=first, period_to=last, settled_through=last)
            writer.add_key_value_metadata({FOOTER_KEY: _footer(release)})
        handle.flush()
        os.fsync(handle.fileno())
        part.replace(release.path(landing))
    return release


def releases(landing: Path, source: str, table: str) -> list[Release]:
    """The releases held of one table, oldest first."""
    return _read((landing / source / table).glob("*.parquet"))


def count(landing: Path, source: str, table: str) -> int:
    """How many releases are held of one table, by the names of their files: no file is opened."""
    return sum(name.endswith(".parquet") for name in _names(landing / source / table))


def unlisted(landing: Path, source: str, table: str, listed: Collection[str]) -> tuple[list[Release], int]:
    """The releases whose ids are not listed, oldest first, and how many are held in all. No other file is opened."""
    files = {f"{source}.{table}.{path.stem}": path for path in (landing / source / table).glob("*.parquet")}
    return _read(path for release_id, path in files.items() if release_id not in listed), len(files)


def months_held(landing: Path, source: str, table: str) -> set[date]:
    """The months that the releases of one table report on, by the names of their files: no file is opened."""
    spans = {name[STAMP_LENGTH : STAMP_LENGTH + len("-202501-202512-")] for name in _names(landing / source / table)}
    held = set()
    for found in (re.fullmatch(r"-(\d{4})(\d\d)-(\d{4})(\d\d)-", span) for span in spans):
        first_year, first_month, last_year, last_month = map(int, found.groups()) if found else (1, 1, 1, 0)
        months = range(first_year * 12 + first_month - 1, last_year * 12 + last_month)
        held |= {date(month // 12, month % 12 + 1, 1) for month in months}
    return held


def printings(landing: Path, release: Release) -> list[Release]:
    """The releases held of the same months and the same scope, oldest first. Their file names tell the months."""
    return _of_one_scope(_of_its_months(landing, release), release)


def printing_before(landing: Path, release: Release) -> Release | None:
    """Of the releases held of the same months and scope, the last that was known when this one was.

    Files are opened from the newest back until it is found: a feed that is asked every hour has thousands of them.
    """
    known = f"{release.known_from:{STAMP}}"
    paths = sorted(path for path in _of_its_months(landing, release) if path.name[:STAMP_LENGTH] <= known)
    for _, of_a_second in groupby(reversed(paths), lambda path: path.name[:STAMP_LENGTH]):
        found = [kept for kept in _of_one_scope(of_a_second, release) if kept.known_from <= release.known_from]
        if found:
            return found[-1]
    return None


def _of_its_months(landing: Path, release: Release) -> list[Path]:
    folder = landing / release.source / release.table
    span = f"-{release.months}-"
    return [folder / name for name in _names(folder) if span in name and name.endswith(".parquet")]


def _of_one_scope(files: Iterable[Path], release: Release) -> list[Release]:
    return [kept for kept in _read(files) if kept.scope == release.scope]


def _names(folder: Path) -> list[str]:
    """What lies in the folder of a table, which need not be there yet."""
    try:
        return os.listdir(folder)  # noqa: PTH208 # names alone: making paths of ten thousand costs more than listing them
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read(files: Iterable[Path]) -> list[Release]:
    found = [read_release(path) for path in files]
    return sorted(found, key=lambda release: (release.known_from, release.checksum))


def read_release(path: Path) -> Release:
    try:
        footer = json.loads(pq.read_metadata(path).metadata[FOOTER_KEY])
        for name in ("period_from", "period_to", "settled_through", "published_from", "published_to"):
            footer[name] = footer[name] and date.fromisoformat(footer[name])
        footer["retrieved_at"] = footer["retrieved_at"] and datetime.fromisoformat(footer["retrieved_at"])
        return Release(**footer)
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as problem:
        raise EntrepotError(
            f"{path} is not a release file of this project, or is damaged ({type(problem).__name__}). Nothing was "
            "loaded from it. Move it out of the landing folder and fetch that table again; all other releases stay."
        ) from problem


def is_readable(path: Path) -> bool:
    """Whether each page of a release file is as it was written."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            return bool(sum(batch.num_rows for batch in file.iter_batches()) == file.metadata.num_rows)
    except (OSError, pa.ArrowException):
        return False


def _write_once(path: Path, release: Release, rows: pa.Table) -> None:
    """The file appears under its name only when it is whole and on the disk."""
    rows = rows.replace_schema_metadata({FOOTER_KEY: _footer(release)})
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with _told(release, part), part.open("wb") as handle:
        pq.write_table(rows, handle, compression="zstd", write_page_checksum=True)
        handle.flush()
        os.fsync(handle.fileno())
        part.replace(path)


def _forget_the_dead(folder: Path) -> None:
    """Removes what a killed run left half-written; the part of a process that lives is left alone."""
    for part in (folder / name for name in _names(folder) if name.endswith(".part")):
        pid = part.stem.rpartition(".")[2]
        if pid.isdecimal() and not lives(int(pid)):
            part.unlink(missing_ok=True)


def _footer(release: Release) -> bytes:
    return json.dumps(asdict(release), default=lambda moment: moment.isoformat(), ensure_ascii=False).encode()


@contextmanager
def _told(release: Release, part: Path) -> Iterator[None]:
    """A disk that refuses is told in a sentence; of an unfinished file nothing stays."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as problem:
        raise EntrepotError(
            f"{release.source}/{release.table}: cannot write {part.parent} ({problem.strerror or problem}). No release "
            "was added; those held are untouched. Free some space or mend the folder's rights, then run again."
        ) from problem
    finally:
        with suppress(OSError):
            part.unlink()
