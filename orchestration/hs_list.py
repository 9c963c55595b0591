"""Korea's list of ten-digit HS codes: a file without an interface, which a person downloads once a year.

The portal hands it out as a workbook, in earlier years as CSV in Korea's own encoding that lost leading zeros. Read is CSV,
in that encoding or in UTF-8, under the publisher's name: no reader of workbooks is among what this project needs.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa

from orchestration.replies import Call, RefusedError, Reply
from orchestration.source import Bulk, Page, Printing, Request, Window

PAGE = "https://www.data.go.kr/data/15049722/fileData.do"
BY_HAND = f"download the list of HS codes from {PAGE} (free, no key), and save it there as CSV under its own name"
# 관세청_HS부호_20260101.csv; some systems write Korean letters in pieces, so only the rest of the name is asked for.
NAME = re.compile(r"[^ ]+_HS[^ ]+_(\d{4})(\d{2})(\d{2})\.csv")
COLUMNS = ("HS부호", "적용시작일자", "적용종료일자", "한글품목명", "영문품목명", "수량단위코드", "중량단위코드")
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])
FEWEST_CODES = 5_000
LARGEST_BYTES = 50_000_000


def newest_list(window: Window) -> Iterator[Request]:
    """Whatever list lies on this machine, told by its year."""
    yield Request(Call(PAGE), date(window.today.year, 1, 1), date(window.today.year, 12, 1))


def describe(path: Path, request: Request) -> Printing:
    """The list of the year that its name says. It was published between the day in its name and the day it was saved here."""
    named = NAME.fullmatch(path.name)
    try:
        day = date(*map(int, named.groups())) if named else None
    except ValueError:
        day = None
    if day is None:
        raise RefusedError(f"{path.name} names no day, as 관세청_HS부호_20260101.csv does")
    saved = date.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ012 # the day as its user lives it
    return Printing(
        period_from=date(day.year, 1, 1),
        period_to=date(day.year, 12, 1),
        scope="",
        published_from=day,
        published_to=max(day, saved),
        basis="between the day in the file's name and the day on which it was saved",
    )


def batches(path: Path, printing: Printing, work: Path) -> Iterator[pa.RecordBatch]:
    """One batch: all codes, as text."""
    if path.stat().st_size > LARGEST_BYTES:
        raise RefusedError(f"{path.name} has more than {LARGEST_BYTES:,} bytes: it is not the publisher's list")
    lines = csv.DictReader(_text(path).splitlines())
    names = [name.strip() for name in lines.fieldnames or []]
    lines.fieldnames = names
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise RefusedError(f"{path.name} lacks the column {', '.join(missing)}; it has {', '.join(names)[:300]}")
    rows = [{name: row[name] for name in COLUMNS} for row in lines]
    if len(rows) < FEWEST_CODES:
        raise RefusedError(f"{path.name} has {len(rows):,} codes; a whole list has at least {FEWEST_CODES:,}")
    yield pa.RecordBatch.from_pylist(rows, SCHEMA)


def _text(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(b"PK"):
        raise RefusedError(f"{path.name} is a workbook by another name: save the sheet as CSV UTF-8")
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedError(f"{path.name} is text neither in UTF-8 nor in Korea's own encoding (CP949)")


def no_reply(reply: Reply) -> Page:
    raise RefusedError("the list is read from the disk")


BULK = Bulk(names=NAME, schema=SCHEMA, describe=describe, batches=batches, months=lambda batch: None, by_hand=BY_HAND)
