"""The inbox: prices, headlines, trade and claims that a user may use and this project may not ship.

Each file below `$ENTREPOT_HOME/inbox/` becomes a release like a publisher's: its documented columns as text, with the line
of each row. The file itself stays where it is. One that cannot be read is refused with the reason, and the others go on.
"""

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.errors import EntrepotError
from orchestration.landing import Release, keep_stream, land, releases
from orchestration.settings import Settings

T = TypeVar("T")
SOURCE_NAME = "inbox"
FILES = "files"
LISTED = ("file_name", "table_name", "verdict", "reason", "row_count", "sha256")
OWN_COLUMNS = ("line", "unreadable")
DATED = re.compile(r"(?P<stem>.+)@(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})")
MONTH = r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])"
ROWS_AT_ONCE = 20_000
LARGEST_ROW = 1 << 24
LARGEST_GROUP = 1 << 29
MOST_COLUMNS = 1_000
# What people put here by mistake, by the first bytes of the file.
SIGNATURES = {
    b"PK\x03\x04": "is a zip archive or an Excel workbook: unpack it, or save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook or a locked one: save the sheet as CSV UTF-8",
    b"\x1f\x8b": "is compressed with gzip: unpack it",
    b"\xff\xfe": "is UTF-16: save it as CSV UTF-8",
    b"\xfe\xff": "is UTF-16: save it as CSV UTF-8",
    b"%PDF": "is a PDF: bring the table as CSV",
}


class UnreadableFileError(EntrepotError):
    """A file of the inbox that is refused as a whole. The message goes on after the file's name."""


@dataclass(frozen=True)
class Shape:
    """The columns of one kind of file; `day` is the one that says which months it covers."""

    folder: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    day: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


SHAPES = {
    "assets": Shape(
        "prices",
        ("asset_code", "asset_name", "unit", "calendar"),
        (
            *("return_type", "close_time", "close_zone", "benchmark", "second_benchmark", "events_of"),
            *("countries", "sectors", "note"),
        ),
    ),
    "prices": Shape("prices", ("asset_code", "date", "close"), day="date"),
    "headlines": Shape(
        "headlines",
        ("title", "published_on"),
        ("published_time", "time_zone", "publisher", "kind", "event_id", "event_date", "event_time", "assets"),
        day="published_on",
    ),
    "trade": Shape(
        "trade",
        ("reporter", "partner", "flow", "month", "value_usd"),
        ("ledger", "product_code", "weight_kg"),
        day="month",
    ),
    "claims": Shape(
        "claims",
        ("claim_id", "claim_text", "claim_type", "reporter_iso3", "partner_iso3", "period", "made_on"),
        ("metric_code", "sector_code", "claimed_value", "unit_code", "tolerance"),
        day="made_on",
    ),
}
SCHEMAS = {
    table: pa.schema([(name, pa.string()) for name in (*shape.columns, *OWN_COLUMNS)])
    for table, shape in SHAPES.items()
}
FOLDERS = tuple(dict.fromkeys(shape.folder for shape in SHAPES.values()))


@dataclass(frozen=True)
class Verdict:
    """What became of one file: `taken` or `refused` with a reason. `is_new` where this run kept it."""

    file_name: str
    table_name: str
    verdict: str
    reason: str = ""
    row_count: int = 0
    sha256: str = ""
    is_new: bool = False


def table_of(path: Path) -> str | None:
    """The kind of a file, by its folder; `prices/assets.csv` declares assets."""
    folder, name = path.parent.name, _dataset(path)
    if folder == "prices" and Path(name).stem == "assets":
        return "assets"
    return next((table for table, shape in SHAPES.items() if shape.folder == folder and table != "assets"), None)


def brought(inbox: Path) -> list[Path]:
    """Whatever lies in the inbox, in order of its names, hidden files and those that Excel leaves aside."""
    found = [path for path in inbox.glob("*") if path.name not in FOLDERS or not path.is_dir()]
    found += [path for folder in FOLDERS for path in (inbox / folder).glob("*")]
    return sorted(path for path in found if not path.name.startswith((".", "~$")))


def take_in(settings: Settings, table: str | None = None) -> list[Verdict]:
    """Keeps what is new in the inbox, of one table or of all; says what became of each file."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    wanted = [path for path in brought(settings.inbox) if table is None or table_of(path) == table]
    return [_judged(settings, path, now) for path in wanted]


def collect(settings: Settings, table: str) -> None:
    """Before a table's releases are listed: takes in its files, or lists what became of all of them."""
    if table != FILES:
        take_in(settings, table)
        return
    held = releases(settings.landing, SOURCE_NAME, FILES)
    verdicts = take_in(settings)
    if verdicts or (held and held[-1].row_count):
        _list(settings.landing, verdicts)


def waiting(settings: Settings) -> list[str]:
    """Files that hold what no build has taken in. A file that is refused at once is told elsewhere."""
    found = []
    for path in brought(settings.inbox):
        table = table_of(path)
        if table is not None and path.is_file():
            try:
                _require_a_table(path)
                release = _release(settings.inbox, path, table, datetime.now(UTC).replace(tzinfo=None))
            except UnreadableFileError:
                continue
            if _held(settings.landing, replace(release, checksum=_checksum(path))) is None:
                found.append(path.relative_to(settings.inbox).as_posix())
    return found


def _list(landing: Path, verdicts: list[Verdict]) -> None:
    rows = [[str(getattr(verdict, column)) for verdict in verdicts] for column in LISTED]
    listing = pa.table([pa.array(cells, pa.string()) for cells in rows], names=list(LISTED))
    day = date(2000, 1, 1)  # one and the same, so that an unchanged list is not kept twice
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    land(landing, _printing(FILES, "inbox", "list of the inbox", day, day, moment), listing)


def _printing(table: str, url: str, basis: str, first: date, last: date, moment: datetime) -> Release:
    return Release(
        source=SOURCE_NAME,
        table=table,
        url=url,
        basis=basis,
        period_from=first,
        period_to=last,
        settled_through=last,
        settled_status="preliminary",
        open_status="preliminary",
        retrieved_at=moment,
    )


def _judged(settings: Settings, path: Path, now: datetime) -> Verdict:
    name, table = path.relative_to(settings.inbox).as_posix(), table_of(path)
    try:
        if table is None:
            raise UnreadableFileError(f"lies in the wrong place: move it into {', '.join(FOLDERS)} of the inbox")
        return _taken(settings, path, table, now)
    except UnreadableFileError as problem:
        return Verdict(_plain(name), table or "", "refused", f"{_plain(name)} {problem}.")
    except OSError as problem:
        reason = f"{_plain(name)} cannot be opened ({problem.strerror}): mend its rights."
        return Verdict(_plain(name), table or "", "refused", reason)


def _plain(name: str) -> str:
    """A file's name as text that any table can hold."""
    return name.encode("utf-8", "backslashreplace").decode()


def _taken(settings: Settings, path: Path, table: str, now: datetime) -> Verdict:
    _require_a_table(path)
    before, release = path.stat(), _release(settings.inbox, path, table, now)
    release = replace(release, checksum=_checksum(path))
    held = _held(settings.landing, release)
    is_new = held is None
    if held is None:
        held = keep_stream(
            settings.landing, release, read(path, table), SCHEMAS[table], partial(months, SHAPES[table].day)
        )
        after = path.stat()
        if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
            held.path(settings.landing).unlink()
            raise UnreadableFileError("changed while it was read: build again when it is whole")
    name = _plain(path.relative_to(settings.inbox).as_posix())
    return Verdict(name, table, "taken", "", held.row_count, held.checksum, is_new)


def _dataset(path: Path) -> str:
    """The file's name without the day from which it was known: printings of one thing share it."""
    dated = DATED.fullmatch(path.stem)
    return f"{dated['stem']}{path.suffix}" if dated else path.name


def _release(inbox: Path, path: Path, table: str, now: datetime) -> Release:
    month = now.date().replace(day=1)
    url = f"{SOURCE_NAME}/{_plain((path.relative_to(inbox).parent / _dataset(path)).as_posix())}"
    release = _printing(table, url, f"brought as {_plain(path.name)}", month, month, now)
    dated = DATED.fullmatch(path.stem)
    if dated is None:
        return release
    try:
        day = date.fromisoformat(dated["day"])
    except ValueError:
        raise UnreadableFileError(f"names a day that does not exist: {dated['day']}") from None
    if day > now.date():
        raise UnreadableFileError(f"is said to be known from {day}, which has not come: name a day that has")
    return replace(release, published_from=day, published_to=day)


def _held(landing: Path, release: Release) -> Release | None:
    """The release with this content, if it is what is known of the file already, or of another one."""
    last: dict[str, Release] = {}
    for kept in releases(landing, SOURCE_NAME, release.table):
        if kept.known_from <= release.known_from:
            same_moment = kept.url == release.url and kept.published_to == release.published_to is not None
            if kept.checksum == release.checksum and same_moment:
                return kept
            last[kept.url] = kept
    candidates = [last[release.url]] if release.url in last else list(last.values())
    return next((kept for kept in candidates if kept.checksum == release.checksum), None)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_a_table(path: Path) -> None:
    if not path.is_file():
        raise UnreadableFileError("is not a file: put files, not folders, here")
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise UnreadableFileError("is neither .csv nor .parquet: save it as CSV UTF-8")
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise UnreadableFileError("is empty: write its header and rows, or take it away")
    for signature, said in SIGNATURES.items():
        if start.startswith(signature):
            raise UnreadableFileError(said)


def read(path: Path, table: str) -> Iterator[pa.RecordBatch]:
    """The documented columns of a file as text, with the line of each row and what is wrong with its form."""
    shape = SHAPES[table]
    return _parquet(path, shape) if path.suffix.lower() == ".parquet" else _csv(path, shape)


def _csv(path: Path, shape: Shape) -> Iterator[pa.RecordBatch]:
    csv.field_size_limit(LARGEST_ROW)
    with path.open(encoding="utf-8-sig", newline="") as file:
        measured = _Measured(file)
        lines = csv.reader(measured, strict=True)
        try:
            header = next(lines, [])
            places = _places(header, shape)
            rows = _rows(lines, len(header))
            while part := list(islice(measured.held(rows), ROWS_AT_ONCE)):
                yield _batch(part, places, shape)
        except UnicodeDecodeError as problem:
            said = f"is not UTF-8 after line {lines.line_num} (byte {problem.object[problem.start]:#04x}): save it as CSV UTF-8"
            raise UnreadableFileError(said) from problem
        except csv.Error as problem:
            said = f"is not CSV at line {lines.line_num} ({problem}): mend the quotes there"
            raise UnreadableFileError(said) from problem


class _Measured:
    """The lines of a file, with a bound on what is in memory: neither a row nor a batch outgrows `LARGEST_ROW` letters."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._row, self._batch = file, 0, 0

    def __iter__(self) -> "_Measured":
        return self

    def __next__(self) -> str:
        line = self._file.readline(LARGEST_ROW)
        self._row += len(line)
        if self._row >= LARGEST_ROW:
            raise csv.Error(f"a row has more than {LARGEST_ROW:,} letters")
        if not line:
            raise StopIteration
        return line

    def held(self, rows: Iterator[T]) -> Iterator[T]:
        """As many of the rows as one batch may hold, at least one."""
        self._batch = 0
        while self._batch < LARGEST_ROW:
            self._row = 0
            row = next(rows, None)
            if row is None:
                return
            self._batch += self._row
            yield row


def _rows(lines: Any, width: int) -> Iterator[tuple[int, list[str], str | None]]:
    """Line, cells and what is wrong with their number. A line with nothing in it is no row."""
    start = lines.line_num + 1
    for cells in lines:
        if cells:
            is_whole = len(cells) == width
            wrong = None if is_whole else f"the row has {len(cells)} cells and the header {width}"
            yield start, cells if is_whole else [*cells, *[""] * width][:width], wrong
        start = lines.line_num + 1


def _batch(rows: list[tuple[int, list[str], str | None]], places: dict[str, int], shape: Shape) -> pa.RecordBatch:
    columns = list(zip(*(cells for _, cells, _ in rows), strict=True))
    found = {
        name: pa.array(columns[places[name]], pa.string()) if name in places else pa.nulls(len(rows), pa.string())
        for name in shape.columns
    }
    found["line"] = pa.array([str(line) for line, _, _ in rows], pa.string())
    found["unreadable"] = pa.array([wrong for _, _, wrong in rows], pa.string())
    return pa.record_batch(found)


def _parquet(path: Path, shape: Shape) -> Iterator[pa.RecordBatch]:
    try:
        # Opened here, for the library takes no name that is not UTF-8.
        with path.open("rb") as handle, pq.ParquetFile(handle) as file:
            places = _places(file.schema_arrow.names, shape)
            _require_small_groups(file)
            line = 1
            for batch in file.iter_batches(ROWS_AT_ONCE):
                batch.validate(full=True)  # A text that is not UTF-8 passes through all but the warehouse.
                found = {
                    name: _text(batch.column(places[name]), name)
                    if name in places
                    else pa.nulls(len(batch), pa.string())
                    for name in shape.columns
                }
                found["line"] = pa.array([str(line + row) for row in range(len(batch))], pa.string())
                found["unreadable"] = pa.nulls(len(batch), pa.string())
                line += len(batch)
                yield pa.record_batch(found)
    except (pa.ArrowException, OSError, ValueError) as problem:
        what = (str(problem).splitlines() or [type(problem).__name__])[0]
        said = f"is not a Parquet file that can be read ({what}): write it anew, not encrypted"
        raise UnreadableFileError(said) from problem


def _require_small_groups(file: pq.ParquetFile) -> None:
    largest = max((file.metadata.row_group(at).total_byte_size for at in range(file.num_row_groups)), default=0)
    if largest > LARGEST_GROUP:
        raise UnreadableFileError(f"has {largest:,} bytes in one row group: write it in groups of 100,000 rows")


def _text(values: pa.Array, column: str) -> pa.Array:
    """As it would stand in a CSV file: a whole day without its hours, a number without an exponent."""
    if pa.types.is_floating(values.type):
        numbers = [
            None if number is None else np.format_float_positional(number, trim="-") for number in values.to_pylist()
        ]
        return pa.array(numbers, pa.string())
    if pa.types.is_nested(values.type):
        raise UnreadableFileError(f"has lists in column {column}: give it one value a row")
    text = pc.cast(values, pa.string())
    return pc.replace_substring_regex(text, " 00:00:00([.]0+)?Z?$", "") if pa.types.is_timestamp(values.type) else text


def _places(header: list[str], shape: Shape) -> dict[str, int]:
    """Where each documented column stands. Others are left out; one that looks like a slip of the pen is refused."""
    if len(header) > MOST_COLUMNS:
        raise UnreadableFileError(f"has {len(header):,} columns in line 1: keep those of docs/inbox.md")
    names = [name.strip().lower() for name in header]
    missing = [name for name in shape.required if name not in names]
    if missing and len(names) == 1 and re.search("[;\t|]", names[0]):
        raise UnreadableFileError("has another divider than the comma: save it with commas")
    if missing:
        found = "".join(letter if letter.isprintable() else "?" for letter in ", ".join(header)[:200])
        raise UnreadableFileError(
            f"lacks the column {', '.join(missing)} in line 1, which has {found or 'nothing'}: docs/inbox.md lists them"
        )
    twice = sorted({name for name in names if name in shape.columns and names.count(name) > 1})
    if twice:
        raise UnreadableFileError(f"has the column {', '.join(twice)} twice in line 1: keep one")
    absent = [name for name in shape.optional if name not in names]
    for name in names:
        near = get_close_matches(name, absent, 1, 0.85) if name not in shape.columns else []
        if near:
            raise UnreadableFileError(f"has a column {name[:60]} in line 1 that is no column here: is {near[0]} meant?")
    return {name: names.index(name) for name in shape.columns if name in names}


def months(column: str | None, batch: pa.RecordBatch) -> tuple[date, date] | None:
    """The first and last month that the rows name."""
    if column is None:
        return None
    cells = pc.utf8_trim_whitespace(batch.column(column))
    heads = pc.utf8_slice_codeunits(cells.filter(pc.match_substring_regex(cells, MONTH)), 0, 7)
    found = pc.min_max(heads).as_py()
    if found["min"] is None:
        return None
    return date.fromisoformat(f"{found['min']}-01"), date.fromisoformat(f"{found['max']}-01")
