"""What a publisher answers, read strictly: an answer is rows, or an error that says which kind it is. Nothing in between.

Publishers answer 200 to a wrong key, an error page to a question for JSON, and half a file when a line breaks. So the
body is judged, not the status.
"""

import csv
import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from orchestration.errors import EntrepotError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# What a reader makes of a text is up to 80 times as large: these keep it below 1 GB. Ten times what any publisher sends.
MOST_TAGS = MOST_VALUES = 4_000_000
MOST_CELLS = 2_000_000
# Stands for the key in an address, a parameter or a header: what is planned, kept and told never holds the key itself.
KEY = "{key}"


class RefusedError(EntrepotError):
    """This request cannot be answered as it is. Asking again would change nothing."""


class PassingError(RefusedError):
    """This may pass: it is asked again, after `retry_after_seconds` where the publisher named a time."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ClosedError(RefusedError):
    """The publisher answers no further request of this run: the key is refused, say."""


class NothingError(RefusedError):
    """The publisher has nothing of what was asked for, and says so by an error: an empty answer, and no failure."""


class UsedUpError(ClosedError):
    """The calls of the day are used up: the rest waits until tomorrow, which is no failure."""


@dataclass(frozen=True)
class Call:
    """One GET. `KEY` stands wherever the key goes: in the address, in a parameter or in a header."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """As it is kept and told: parameters that hold the key are left out."""
        told = {name: value for name, value in self.params.items() if KEY not in value}
        return f"{self.url}?{urlencode(told)}" if told else self.url


@dataclass(frozen=True)
class Reply:
    """The whole body of an answer, unpacked, with the key blotted out should the publisher repeat it."""

    call: Call
    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise PassingError(f"the reply is not text in UTF-8 ({problem.reason} at byte {problem.start})") from None

    @property
    def opening(self) -> str:
        """The first words, for an error message."""
        words = " ".join(self.content[:2000].decode("utf-8", "replace").split())
        return words if len(words) <= 160 else f"{words[:160]}…"


def read_json(reply: Reply) -> Any:
    """Strict JSON: a number that is none, a name given twice or a cut-off text is an error, which may pass."""
    _require_few(reply, b"[{,:", MOST_VALUES)
    try:
        return json.loads(reply.text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except ValueError as problem:
        raise PassingError(f"the reply is not JSON ({problem}): {reply.opening}") from None
    except RecursionError:
        raise RefusedError("the reply is JSON nested too deep to be data") from None


def read_xml(reply: Reply) -> "Element":
    """The root element. Entities and document types, with which a file attacks its reader, are refused."""
    _require_few(reply, b"<", MOST_TAGS)
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(reply.content, forbid_dtd=True)
    except DefusedXmlException as problem:
        raise RefusedError(f"the reply declares entities or a document type ({type(problem).__name__})") from None
    except (ParseError, ValueError, LookupError) as problem:
        raise PassingError(f"the reply is not XML ({problem}): {reply.opening}") from None
    return root


def read_csv(reply: Reply) -> list[dict[str, str]]:
    """One dict per line by the header's names. A name given twice keeps its first column; a nameless column is dropped."""
    _require_few(reply, b",\r\n", MOST_CELLS)
    return rows_of_table(csv.reader(io.StringIO(reply.text, newline=""), strict=True))


def rows_of_table(lines: Any) -> list[dict[str, str]]:
    """A header and lines of its length → one dict per line. Lines of other lengths are an error, which may pass."""
    try:
        header, *records = list(lines)
    except (ValueError, csv.Error) as problem:
        raise PassingError(f"the reply holds no table ({problem})") from None
    first = {name.strip(): place for place, name in reversed(list(enumerate(header))) if name.strip()}
    uneven = [number for number, record in enumerate(records, 2) if record and len(record) != len(header)]
    if uneven:
        raise PassingError(f"line {uneven[0]} of the reply has not the {len(header)} cells of its header")
    names = sorted(first, key=lambda name: first[name])
    return [{name: record[first[name]] for name in names} for record in records if record]


def unzip(reply: Reply, longest_bytes: int) -> Reply:
    """The one file in a zip as a reply of its own; more than `longest_bytes` unpacked is refused before it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(reply.content)) as packed:
            (member,) = packed.infolist()
            if member.file_size > longest_bytes:
                raise RefusedError(f"the file in the zip has {member.file_size:,} bytes, more than {longest_bytes:,}")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise RefusedError("the file in the zip is packed by another way than deflate, whose size has no bound")
            with packed.open(member) as file:
                # Never more than it says, whatever comes out of it: a read without a number would unpack it all.
                content = file.read(member.file_size)
                if len(content) < member.file_size or file.read(1):
                    raise ValueError("it holds not as much as it says")
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError) as problem:
        raise PassingError(f"the reply is not a zip of one file ({problem}): {reply.opening}") from None
    return Reply(call=reply.call, status=reply.status, content=content, headers=reply.headers)


def _require_few(reply: Reply, marks: bytes, most: int) -> None:
    found = sum(reply.content.count(mark) for mark in marks)
    if found > most:
        raise RefusedError(f"the reply has {found:,} parts, and {most:,} is more than any table of this publisher has")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is larger than any number can be")
    return number


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")
