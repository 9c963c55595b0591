"""BACI of CEPII: world trade by exporter, importer and six-digit code, both sides of each flow reconciled; FOB, by year.

One zip for each edition of the Harmonized System and release, about 700 MB, in it one csv a year. Each is unpacked by
itself and streamed by DuckDB into the release file, so memory does not grow with it. It is asked for by name alone
(`entrepot fetch baci`); zips that lie in `downloads/baci/`, of any edition, are read instead. The release's tag
names the month of publication, and with the edition it is kept in each row.

Fetched: the last three years, or those from `--from` on; each release restates all years.
"""

import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.replies import Call, RefusedError, Reply
from orchestration.source import Access, Bulk, Fetch, Page, Printing, RawTable, Request, Source, Window, month_after

FILES = "https://www.cepii.fr/DATA_DOWNLOAD/baci/data"
EDITION = "HS17"
# A release of January ends with the year before the last.
YEARS_BEHIND = 2
RELEASED_BY_MONTH = 3
YEARS_FETCHED = 3
EARLIEST = date(1995, 1, 1)
LARGEST_ZIP_BYTES = 4_000_000_000
LARGEST_YEAR_BYTES = 4_000_000_000
ROWS_AT_ONCE = 100_000
COLUMNS = ("t", "i", "j", "k", "v", "q")
OF_THE_NAME = ("edition", "release")
ARCHIVE = re.compile(r"BACI_(HS\d{2})_V(\d{4})(\d{2})[a-z]?\.zip")
MEMBER = re.compile(r"BACI_(HS\d{2})_Y(\d{4})_(V\d{6}[a-z]?)\.csv")


def newest_release(window: Window) -> Iterator[Request]:
    """The one file of the newest release, read for the years of the window."""
    released = window.today.year - (window.today.month < RELEASED_BY_MONTH)
    last = min(window.last.year, released - YEARS_BEHIND)
    call = Call(f"{FILES}/BACI_{EDITION}_V{released}01.zip")
    yield Request(call, date(min(window.first.year, last), 1, 1), date(last, 12, 1), scope=EDITION)


def describe(path: Path, request: Request) -> Printing:
    """Those of the years asked for that it holds, and the month that its name gives as that of its release."""
    named = ARCHIVE.fullmatch(path.name)
    if named is None or not 1 <= int(named[3]) <= 12:
        raise RefusedError(f"{path.name} is no name of BACI, such as BACI_HS17_V202501.zip")
    with _opened(path) as archive:
        held = sorted(_members(archive, path.name))
    if not held or held != list(range(held[0], held[-1] + 1)):
        raise RefusedError(f"{path.name} lacks files of years; it has {', '.join(map(str, held)) or 'none'}")
    first, last = max(request.period_from.year, held[0]), min(request.period_to.year, held[-1])
    if first > last:
        asked = f"{request.period_from.year} to {request.period_to.year}"
        raise RefusedError(
            f"{path.name} has the years {held[0]} to {held[-1]} and none of {asked}: name them by --from"
        )
    month = date(int(named[2]), int(named[3]), 1)
    return Printing(
        period_from=date(first, 1, 1),
        period_to=date(last, 12, 1),
        scope=named[1],
        published_from=month,
        published_to=month_after(month) - timedelta(days=1),
        basis="the month of publication is that of the file's name",
    )


def batches(path: Path, printing: Printing, work: Path) -> Iterator[pa.RecordBatch]:
    """Rows of the years asked for, oldest year first, all text, beside them edition and release."""
    with _opened(path) as archive:
        members = _members(archive, path.name)
        for year in range(printing.period_from.year, printing.period_to.year + 1):
            yield from _year(archive, members[year], work / f"{year}.csv")


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as problem:
        raise RefusedError(f"{path.name} is not a whole zip ({problem}): download it again") from None


def _members(archive: zipfile.ZipFile, name: str) -> dict[int, zipfile.ZipInfo]:
    """The files of years. Nothing is unpacked under a name of the zip's own; one with such names is not CEPII's."""
    found: dict[int, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        if member.filename.startswith("/") or {"..", ""} & set(re.split(r"[/\\:]", member.filename.rstrip("/"))):
            raise RefusedError(
                f"{name} holds {member.filename!r}, which leads out of it: it is not the publisher's file"
            )
        named = MEMBER.fullmatch(member.filename)
        if named is None:
            continue
        if f"BACI_{named[1]}_{named[3]}.zip" != name:
            raise RefusedError(f"{name} holds {member.filename}, which is of another edition or release")
        if int(named[2]) in found:
            raise RefusedError(f"{name} holds the year {named[2]} twice")
        if member.file_size > LARGEST_YEAR_BYTES:
            raise RefusedError(f"{member.filename} has {member.file_size:,} bytes, more than {LARGEST_YEAR_BYTES:,}")
        found[int(named[2])] = member
    return found


def _year(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> Iterator[pa.RecordBatch]:
    with archive.open(member) as packed, path.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked, 1 << 20)
    with path.open("rb") as lines:
        header = lines.readline(1000).decode("utf-8", "replace")
    names = tuple(name.strip().strip('"') for name in header.split(","))
    if names != COLUMNS:
        raise RefusedError(f"{member.filename} has the columns {', '.join(names)[:200]} and not {', '.join(COLUMNS)}")
    edition, _, release = member.filename.removeprefix("BACI_").removesuffix(".csv").split("_")
    with duckdb.connect() as connection:
        try:
            connection.execute(
                "select *, ? as edition, ? as release from read_csv(?, auto_detect = false, header = true, delim = ',', "
                "quote = '\"', columns = {t: varchar, i: varchar, j: varchar, k: varchar, v: varchar, q: varchar})",
                [edition, release, str(path)],
            )
            for batch in connection.to_arrow_reader(ROWS_AT_ONCE):
                yield batch.cast(SCHEMA)
        except duckdb.Error as problem:
            raise RefusedError(f"{member.filename} does not parse ({str(problem).splitlines()[0]})") from None
    path.unlink()


def months(batch: pa.RecordBatch) -> tuple[date, date] | None:
    years = pc.utf8_trim_whitespace(batch.column("t"))
    found = pc.min_max(years.filter(pc.match_substring_regex(years, r"^[0-9]{4}$"))).as_py()
    return (date(int(found["min"]), 1, 1), date(int(found["max"]), 12, 1)) if found["min"] else None


def _no_reply(reply: Reply) -> Page:
    raise RefusedError("the file is read from the disk")


SCHEMA = pa.schema([(name, pa.string()) for name in (*COLUMNS, *OF_THE_NAME)])

SOURCE = Source(
    name="baci",
    publisher="CEPII (BACI, from UN Comtrade)",
    homepage="https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
    licence="Etalab open licence 2.0, source named: Gaulier and Zignago (2010), BACI",
    tables=(
        RawTable(
            name="flows",
            columns=(*COLUMNS, *OF_THE_NAME),
            grain="One row per edition of the HS, year `t`, exporter `i`, importer `j` and six-digit code `k`. "
            "`v` is the value, `q` the weight in metric tons.",
            unit="thousand USD",
            release_lag_days=None,
            fetch=Fetch(
                plan=newest_release,
                read=_no_reply,
                first_open=lambda today: date(today.year - YEARS_BEHIND - YEARS_FETCHED + 1, 1, 1),
                open_status="final",
                fresh=timedelta(days=30),
                earliest=EARLIEST,
                bulk=Bulk(names=ARCHIVE, schema=SCHEMA, describe=describe, batches=batches, months=months),
            ),
        ),
    ),
    access=Access(calls=1, seconds=5, at_once=1, largest_bytes=LARGEST_ZIP_BYTES, asked_by_name=True),
)
