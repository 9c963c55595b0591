"""What comes from outside is rows or a sentence: the corpus of the fuzzing, any text at all, and known ways to hurt a reader."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from orchestration.fetch import text_table
from orchestration.http import _require_the_time, _retry_after
from orchestration.landing import Release, land
from orchestration.replies import Call, RefusedError, Reply, read_csv, read_json, read_xml, unzip
from orchestration.source import RawTable, Source
from orchestration.sources.kcs import number
from orchestration.warehouse import connect, load
from tests.fuzz.targets import CORPUS, TARGETS

quick = rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CELLS = st.text(max_size=12) | st.sampled_from(["US", "2025.05", "2025-05", "총계", "NaN", "1e999", "-", "\ud800", "٣"])
TAGS = st.sampled_from(["year", "statCd", "expDlr", "impDlr", "hsCode", "title", "pubDate", "link"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CELLS, inner, max_size=4),
    max_leaves=12,
)
SHAPES: dict[str, Callable[[object], object]] = {
    "census": lambda value: [["CTY_CODE", "GEN_VAL_MO", "time"], value],
    "comtrade": lambda value: {"data": [{"reporterCode": value, "period": "202505"}], "count": 1},
    "ecos": lambda value: {"StatisticSearch": {"list_total_count": value, "row": [{"TIME": value}]}},
    "fred": lambda value: {"count": 1, "observations": [{"date": value, "value": value}]},
    "gdelt": lambda value: {"articles": [{"seendate": "20250501T000000Z", "title": value, "url": value}]},
}


def reply(content: bytes) -> Reply:
    return Reply(Call("https://example.org"), 200, content)


def packed(name: str, content: bytes, *, packing: int = zipfile.ZIP_DEFLATED, said_bytes: int | None = None) -> bytes:
    """A zip of one file; `said_bytes` is the size that it gives out for its own, which may be a lie."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as file:
        file.writestr(name, content)
    whole = buffer.getvalue()
    if said_bytes is not None:
        whole = whole.replace(len(content).to_bytes(4, "little"), said_bytes.to_bytes(4, "little"))
    return whole


@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_the_fuzzing_kept_is_read_or_refused(path: Path) -> None:
    if path.is_file():
        TARGETS[path.parent.name](path.read_bytes())


def test_every_kind_has_its_corpus() -> None:
    assert {path.parent.name for path in CORPUS.rglob("*") if path.is_file()} == set(TARGETS)


@quick
@given(kind=st.sampled_from(sorted(TARGETS)), content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(kind: str, content: bytes) -> None:
    TARGETS[kind](content)


@quick
@given(
    items=st.lists(st.lists(st.tuples(TAGS, st.text("0123456789.,-+eE총계 US", max_size=12)), max_size=5), max_size=4)
)
@example(items=[[("year", "0"), ("impDlr", "")], [("expDlr", "0")]])
def test_any_items_are_read_or_refused(items: list[list[tuple[str, str]]]) -> None:
    body = "".join(f"<item>{''.join(f'<{tag}>{cell}</{tag}>' for tag, cell in item)}</item>" for item in items)
    answer = f"<response><header><resultCode>00</resultCode></header><body><items>{body}</items></body></response>"
    TARGETS["xml"](answer.encode())
    TARGETS["xml"](f"<rss><channel>{body}</channel></rss>".encode())


@quick
@given(shape=st.sampled_from(sorted(SHAPES)), value=VALUES)
def test_any_value_of_json_is_read_or_refused(shape: str, value: object) -> None:
    TARGETS["json"](json.dumps(SHAPES[shape](value)).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed("a.csv", b"Date\n" * 100_000, said_bytes=10), "not a zip of one file"),
        (packed("a.csv", b"Date\n", packing=zipfile.ZIP_BZIP2), "another way than deflate"),
        (packed("a.csv", b"Date\n", packing=zipfile.ZIP_LZMA), "another way than deflate"),
        (packed("a.csv", b"Date\n" * 100_000), "has 500,000 bytes, more than 99,999"),
        (packed("a.csv", b"Date\n" * 100, said_bytes=5_000), "not a zip of one file"),
        (packed("a.csv", b"Date\n")[:-10], "not a zip of one file"),
    ],
)
def test_a_zip_that_swells_or_lies_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        unzip(reply(content), longest_bytes=99_999)


def test_a_zip_whose_file_climbs_out_of_its_folder_is_only_its_bytes(tmp_path: Path) -> None:
    assert unzip(reply(packed("../../outside.csv", b"Date\n")), 100).content == b"Date\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_xml, b"<a>" + b"<b/>" * 4_000_001 + b"</a>"),
        (read_json, b"[" + b"[]," * 2_000_000 + b"[]]"),
        (read_csv, b"," * 2_000_001),
        (read_csv, b"a\n" * 2_000_001),
    ],
)
def test_a_reply_that_would_fill_the_memory_is_refused_before_it_is_read(
    read: Callable[[Reply], object], content: bytes
) -> None:
    with pytest.raises(RefusedError, match="parts, and"):
        read(reply(content))


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-sNaN", "1e999999999", "1_000", "٣", "9" * 5000, "", "--1", "1.2.3"]
)
def test_what_is_no_printed_number_is_none(text: str) -> None:
    assert number(text) is None


def test_a_printed_number_has_blanks_and_commas() -> None:
    assert [number(text) for text in (" 1,234 ", "-5", "0.50")] == [1234, -5, 0.5]


@pytest.mark.parametrize(
    "header", ["²", "1e5", "Thu, 01 Jan 99999 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +1400", "-1", ""]
)
def test_a_time_to_wait_that_is_none_is_not_known(header: str) -> None:
    assert _retry_after(header) in (None, 0.0)


@pytest.mark.parametrize(
    "header", ["²", "Thu, 01 Jan 99999 00:00:00 GMT", "yesterday", "", "Mon, 01 Jan 2001 00:00:00 GMT"]
)
def test_a_publishers_time_that_is_none_or_lies_before_ours_stops_no_fetch(header: str) -> None:
    _require_the_time(Reply(Call("https://example.org"), 200, b"", {"date": header}))


def test_half_a_letter_and_too_many_columns_are_refused() -> None:
    with pytest.raises(RefusedError, match="half a letter"):
        text_table([{"title": "\ud800"}])
    with pytest.raises(RefusedError, match="names 201 columns"):
        text_table([{f"column {number}": ""} for number in range(201)])


def test_a_column_that_is_named_like_a_statement_is_only_a_column(tmp_path: Path) -> None:
    table = RawTable("items", ("title",), grain="One row.", unit="text", release_lag_days=None)
    source = Source("rss", "Somebody", "https://example.org", "none", (table,))
    name = 'x" varchar; drop table entrepot.releases; --'
    month = date(2025, 5, 1)
    release = Release(
        "rss", "items", "", "", month, month, month, "final", "final", retrieved_at=datetime(2025, 6, 1, tzinfo=UTC)
    )
    land(tmp_path, release, pa.table({"title": ["a"], name: ["b"]}))
    assert load(tmp_path / "warehouse.duckdb", tmp_path, source, table).added == 1
    with connect(tmp_path / "warehouse.duckdb") as warehouse:
        assert warehouse.execute("select count(*) from entrepot.releases").fetchall() == [(1,)]
        columns = [column for column, *_ in warehouse.execute("describe rss.items").fetchall()]
    assert name in columns
