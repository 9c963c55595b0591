"""Files that a user brings: what is taken in, what is refused and how that is said."""

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from orchestration import inbox
from orchestration.declared_assets import judged, judged_zones
from orchestration.inbox import FILES, SHAPES, UnreadableFileError, brought, collect, read, take_in, waiting
from orchestration.landing import releases
from orchestration.settings import PROJECT, Settings

PRICES = "asset_code,date,close\nkospi,2025-07-07,3059.47\n"
EXAMPLES = re.findall(r"```csv (\S+)\n(.*?)```", (PROJECT / "docs" / "inbox.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def at(tmp_path: Path) -> Settings:
    for folder in ("prices", "headlines", "trade", "claims"):
        (tmp_path / "inbox" / folder).mkdir(parents=True)
    return Settings(home=tmp_path)


def put(at: Settings, name: str, content: bytes | str) -> Path:
    path = at.inbox / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_of_the_documentation_is_taken_in(at: Settings, name: str, text: str) -> None:
    path = put(at, name, text)
    (verdict,) = take_in(at)
    assert (verdict.verdict, verdict.row_count) == ("taken", len(text.splitlines()) - 1)
    assert path.read_text(encoding="utf-8") == text


def test_all_four_kinds_have_an_example() -> None:
    assert {name.split("/")[0] for name, _ in EXAMPLES} == {"prices", "headlines", "trade", "claims"}


REFUSED = [
    ("prices/a.csv", b"", "is empty"),
    ("prices/a.csv", b"PK\x03\x04....", "is a zip archive or an Excel workbook"),
    ("prices/a.csv", "asset_code;date;close\n", "another divider than the comma"),
    ("prices/a.csv", "asset_code,date\n", "lacks the column close in line 1"),
    ("prices/a.csv", "asset_code,date,close,close\n", "has the column close twice"),
    ("prices/a.csv", b"asset_code,date,close\nk\xff,2025-01-01,1\n", "is not UTF-8"),
    ("prices/a.csv", PRICES + '"kospi,2025-07-08,1\n', "is not CSV at line 3"),
    ("prices/a.txt", PRICES, "is neither .csv nor .parquet"),
    ("prices/a.parquet", b"PAR1 and no more", "is not a Parquet file that can be read (Parquet "),
    ("prices/a@2999-01-01.csv", PRICES, "which has not come"),
    ("prices/a@2025-02-30.csv", PRICES, "a day that does not exist"),
    ("a.csv", PRICES, "lies in the wrong place"),
    ("headlines/a.csv", "title,published_on,time_zon\nx,2025-01-01,UTC\n", "is time_zone meant?"),
]


@pytest.mark.parametrize(("name", "content", "said"), REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence_and_the_others_go_on(
    at: Settings, name: str, content: bytes | str, said: str
) -> None:
    put(at, name, content)
    put(at, "prices/good.csv", PRICES)
    refused, taken = sorted(take_in(at), key=lambda verdict: verdict.verdict)
    assert (refused.verdict, taken.verdict) == ("refused", "taken")
    assert said in refused.reason
    assert refused.reason.startswith(name)
    assert [path.name for path in at.landing.rglob("*.part")] == []
    assert len(releases(at.landing, "inbox", "prices")) == 1


def test_the_same_content_adds_nothing_under_any_name_and_a_change_is_a_printing(at: Settings) -> None:
    path = put(at, "prices/a.csv", PRICES)
    assert waiting(at) == ["prices/a.csv"]
    assert take_in(at)[0].is_new
    put(at, "prices/copy.csv", PRICES)
    assert [verdict.is_new for verdict in take_in(at)] == [False, False]
    assert waiting(at) == []
    path.write_text(PRICES + "kospi,2025-07-08,3114.95\n", encoding="utf-8")
    assert [verdict.is_new for verdict in take_in(at)] == [True, True]


def test_a_name_with_a_day_says_when_it_was_known(at: Settings) -> None:
    put(at, "prices/a@2025-07-08.csv", PRICES)
    take_in(at)
    (kept,) = releases(at.landing, "inbox", "prices")
    assert (kept.url, kept.known_from.date()) == ("inbox/prices/a.csv", date(2025, 7, 8))
    assert (kept.period_from, kept.period_to) == (date(2025, 7, 1), date(2025, 7, 1))
    assert (kept.published_from, kept.published_to) == (date(2025, 7, 8), date(2025, 7, 8))
    assert kept.basis == "brought as a@2025-07-08.csv"


def test_a_name_may_say_that_it_is_known_from_today(at: Settings) -> None:
    put(at, f"prices/a@{datetime.now(UTC).date()}.csv", PRICES)
    assert [verdict.verdict for verdict in take_in(at)] == ["taken"]


LATER = PRICES + "kospi,2025-07-08,3114.95\n"
HOURS = [datetime(2025, 7, 9, hour) for hour in range(4)]  # noqa: DTZ001 - UTC without a zone, as releases have it


@pytest.mark.parametrize(("name", "are_new"), [("a.csv", [True] * 4), ("a@2025-07-08.csv", [True, True, False, False])])
def test_content_that_comes_back_is_a_printing_unless_it_was_brought_for_that_very_day(
    at: Settings, name: str, are_new: list[bool]
) -> None:
    found = []
    for now, content in zip(HOURS, [PRICES, LATER, PRICES, LATER], strict=True):
        path = put(at, f"prices/{name}", content)
        found.append(inbox._judged(at, path, now).is_new)
    assert found == are_new


def test_a_file_of_several_batches_covers_the_months_of_all_of_them(
    at: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "ROWS_AT_ONCE", 1)
    put(
        at,
        "prices/a.csv",
        "asset_code,date,close\n" + "".join(f"k,2025-{month}-01,1\n" for month in ("07", "02", "05")),
    )
    take_in(at)
    (kept,) = releases(at.landing, "inbox", "prices")
    assert (kept.period_from, kept.period_to) == (date(2025, 2, 1), date(2025, 7, 1))
    assert (kept.settled_through, kept.row_count) == (date(2025, 7, 1), 3)
    file = pq.ParquetFile(kept.path(at.landing)).metadata
    assert {file.row_group(0).column(at_column).compression for at_column in range(file.num_columns)} == {"ZSTD"}


def test_a_file_that_becomes_like_another_is_a_printing_of_its_own(at: Settings) -> None:
    for now, name, content in zip(HOURS, ("a", "b", "a"), (PRICES, LATER, LATER), strict=False):
        assert inbox._judged(at, put(at, f"prices/{name}.csv", content), now).is_new


def test_a_file_whose_rows_name_no_month_counts_for_the_month_in_which_it_was_brought(at: Settings) -> None:
    put(at, "prices/assets.csv", "asset_code,asset_name,unit,calendar\nkosdaq,KOSDAQ,index,XKRX\n")
    take_in(at)
    (kept,) = releases(at.landing, "inbox", "assets")
    assert kept.retrieved_at is not None
    assert (kept.period_from, kept.period_to) == (kept.retrieved_at.date().replace(day=1),) * 2


def test_a_folder_that_has_no_business_here_is_told(at: Settings) -> None:
    (at.inbox / "odd").mkdir()
    (verdict,) = take_in(at)
    assert (verdict.verdict, verdict.reason.partition(":")[0]) == ("refused", "odd lies in the wrong place")


def test_a_row_with_too_many_cells_keeps_its_line_and_is_marked(at: Settings) -> None:
    path = put(at, "prices/a.csv", "\ufeff" + PRICES + "\nkospi,2025-07-08,3,114.95\n")
    (batch,) = read(path, "prices")
    assert batch.column("line").to_pylist() == ["2", "4"]
    assert batch.column("unreadable").to_pylist() == [None, "the row has 4 cells and the header 3"]


def test_parquet_says_what_the_same_csv_says(at: Settings) -> None:
    table = pa.table({"asset_code": ["kospi"], "date": pa.array([date(2025, 7, 7)]), "close": [3059.47]})
    path = at.inbox / "prices" / "a.parquet"
    pq.write_table(table, path)
    (parquet,) = read(path, "prices")
    (lines,) = read(put(at, "prices/a.csv", PRICES), "prices")
    for column in SHAPES["prices"].columns:
        assert parquet.column(column).equals(lines.column(column)), column


def test_parquet_rows_keep_their_number_over_all_batches_and_columns_that_it_lacks_are_empty(
    at: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "ROWS_AT_ONCE", 2)
    path = at.inbox / "trade" / "a.parquet"
    required = {name: ["x", "y", "z"] for name in SHAPES["trade"].required}
    pq.write_table(pa.table(required), path)
    batches = list(read(path, "trade"))
    assert [batch.column("line").to_pylist() for batch in batches] == [["1", "2"], ["3"]]
    for batch in batches:
        assert batch.schema.names == [*SHAPES["trade"].columns, "line", "unreadable"]
        assert {batch.column(name).null_count == len(batch) for name in (*SHAPES["trade"].optional, "unreadable")} == {
            True
        }
        assert {batch.column(name).null_count for name in SHAPES["trade"].required} == {0}


def test_a_parquet_value_is_text_as_a_csv_would_have_it(at: Settings) -> None:
    noon = [datetime(2025, 7, 7, 12), datetime(2025, 7, 7)]  # noqa: DTZ001
    path = at.inbox / "prices" / "a.parquet"
    pq.write_table(pa.table({"asset_code": ["a", "b"], "date": noon, "close": [1e-7, 12345678901234567.0]}), path)
    (batch,) = read(path, "prices")
    assert batch.column("date").to_pylist() == ["2025-07-07 12:00:00.000000", "2025-07-07"]
    assert batch.column("close").to_pylist() == ["0.0000001", "12345678901234568"]
    days = pa.array([datetime(2025, 7, 7), datetime(2025, 7, 7, 9)], pa.timestamp("s", "UTC"))  # noqa: DTZ001
    pq.write_table(pa.table({"asset_code": ["a 00:00:00", "b"], "date": days, "close": ["", ""]}), path)
    (batch,) = read(path, "prices")
    assert batch.column("date").to_pylist() == ["2025-07-07", "2025-07-07 09:00:00.000Z"]
    assert batch.column("asset_code").to_pylist() == ["a 00:00:00", "b"]
    closes = pa.array([2.0, None])
    pq.write_table(pa.table({"asset_code": ["a", "b"], "date": ["", ""], "close": closes}), path)
    assert [batch.column("close").to_pylist() for batch in read(path, "prices")] == [["2", None]]
    pq.write_table(pa.table({"asset_code": ["b"], "date": [""], "close": closes[1:]}), path)
    assert [batch.column("close").type for batch in read(path, "prices")] == [pa.string()]


NOT_UTF8 = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff"))
REFUSED_PARQUET = [
    (pa.array(["kospi"]), pa.array([["2025-07-07"]]), "has lists in column date"),
    (NOT_UTF8, pa.array(["2025-07-07"]), "is not a Parquet file that can be read"),
]


@pytest.mark.parametrize(("codes", "days", "said"), REFUSED_PARQUET)
def test_a_parquet_file_whose_values_are_no_text_is_refused(
    at: Settings, codes: pa.Array, days: pa.Array, said: str
) -> None:
    pq.write_table(pa.table({"asset_code": codes, "date": days, "close": ["1"]}), at.inbox / "prices" / "a.parquet")
    (verdict,) = take_in(at)
    assert (verdict.verdict, said in verdict.reason) == ("refused", True), verdict.reason
    assert releases(at.landing, "inbox", "prices") == []


def test_a_parquet_file_is_read_group_by_group_and_a_group_has_a_bound(
    at: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = at.inbox / "prices" / "a.parquet"
    pq.write_table(pa.table({name: pa.array([], pa.string()) for name in SHAPES["prices"].required}), path)
    assert [(verdict.verdict, verdict.row_count) for verdict in take_in(at)] == [("taken", 0)]
    pq.write_table(pa.table({name: ["1"] for name in SHAPES["prices"].required}), path)
    group = pq.ParquetFile(path).metadata.row_group(0).total_byte_size
    monkeypatch.setattr(inbox, "LARGEST_GROUP", group - 1)
    assert f"has {group:,} bytes in one row group" in take_in(at)[0].reason
    monkeypatch.setattr(inbox, "LARGEST_GROUP", group)
    assert take_in(at)[0].verdict == "taken"


def test_what_became_of_each_file_is_listed_once_until_it_changes(at: Settings) -> None:
    put(at, "prices/bad.csv", "")
    put(at, "prices/good.csv", PRICES)
    for _ in range(2):
        collect(at, FILES)
    (listing,) = releases(at.landing, "inbox", FILES)
    bad, good = pq.read_table(listing.path(at.landing)).to_pylist()
    assert bad == {
        "file_name": "prices/bad.csv",
        "table_name": "prices",
        "verdict": "refused",
        "reason": "prices/bad.csv is empty: write its header and rows, or take it away.",
        "row_count": "0",
        "sha256": "",
    }
    assert (good["file_name"], good["verdict"], good["reason"], good["row_count"]) == (
        "prices/good.csv",
        "taken",
        "",
        "1",
    )
    assert good["sha256"] == hashlib.sha256(PRICES.encode()).hexdigest()


def test_only_files_that_a_build_will_take_in_are_waited_for(at: Settings) -> None:
    put(at, "stray.csv", PRICES)
    put(at, "prices/0.csv", "")
    put(at, "prices/notes.txt", "x")
    (at.inbox / "prices" / "folder.csv").mkdir()
    put(at, "prices/a.csv", PRICES)
    assert waiting(at) == ["prices/a.csv"]


def test_an_empty_inbox_keeps_nothing_and_a_mended_file_leaves_the_list(at: Settings) -> None:
    collect(at, FILES)
    assert not at.landing.exists()
    path = put(at, "prices/a.csv", "")
    collect(at, FILES)
    path.unlink()
    collect(at, FILES)
    assert sorted(listed.row_count for listed in releases(at.landing, "inbox", FILES)) == [0, 1]
    assert brought(at.inbox) == []


class InSeoul(datetime):
    """A clock: half past eleven at night in UTC, and the next morning where no zone is asked for."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "InSeoul":
        return cls(2025, 7, 8, 23, 30, 0, 5, UTC) if tz is UTC else cls(2025, 7, 9, 8, 30, 0, 5)


def test_the_day_and_the_time_of_a_file_are_those_of_utc_in_whole_seconds(
    at: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "datetime", InSeoul)
    put(at, "prices/a.csv", PRICES)
    put(at, "prices/b@2025-07-09.csv", PRICES)
    assert waiting(at) == ["prices/a.csv"]
    collect(at, FILES)
    found = [kept for table in ("prices", FILES) for kept in releases(at.landing, "inbox", table)]
    assert [str(kept.retrieved_at) for kept in found] == ["2025-07-08 23:30:00"] * 2
    assert [(kept.settled_status, kept.open_status) for kept in found] == [("preliminary",) * 2] * 2
    listed = found[1]
    assert (listed.url, listed.basis) == ("inbox", "list of the inbox")
    assert {listed.period_from, listed.period_to, listed.settled_through} == {date(2000, 1, 1)}


def test_a_file_without_months_is_settled_through_the_month_it_was_brought(at: Settings) -> None:
    put(at, "prices/assets.csv", "asset_code,asset_name,unit,calendar\nkosdaq,KOSDAQ,index,XKRX\n")
    take_in(at)
    (kept,) = releases(at.landing, "inbox", "assets")
    assert kept.settled_through == kept.period_to


def test_hidden_files_and_those_that_excel_leaves_are_not_brought(at: Settings) -> None:
    for name in (".hidden.csv", "~$a.csv", "a.csv"):
        put(at, f"prices/{name}", PRICES)
    put(at, ".DS_Store", "x")
    assert [path.name for path in brought(at.inbox)] == ["a.csv"]


def test_a_folder_named_like_a_file_is_told_what_belongs_there(at: Settings) -> None:
    (at.inbox / "prices" / "a.csv").mkdir(parents=True)
    assert [verdict.reason for verdict in take_in(at)] == ["prices/a.csv is not a file: put files, not folders, here."]


def test_the_files_of_one_table_are_taken_in_without_the_others(at: Settings) -> None:
    put(at, "prices/a.csv", PRICES)
    put(at, "trade/a.csv", ",".join(SHAPES["trade"].required) + "\nKOR,USA,export,2025-07,1\n")
    collect(at, "prices")
    assert len(releases(at.landing, "inbox", "prices")) == 1
    assert releases(at.landing, "inbox", "trade") == []


def test_a_verdict_says_all_of_a_file_that_was_taken_in(at: Settings) -> None:
    put(at, "prices/a.csv", PRICES)
    checksum = hashlib.sha256(PRICES.encode()).hexdigest()
    assert take_in(at) == [inbox.Verdict("prices/a.csv", "prices", "taken", "", 1, checksum, True)]


SENTENCES = [
    ("a.csv", PRICES, "lies in the wrong place: move it into prices, headlines, trade, claims of the inbox."),
    ("prices/a.txt", PRICES, "is neither .csv nor .parquet: save it as CSV UTF-8."),
    ("prices/a.csv", "asset_code\tdate\tclose\n", "has another divider than the comma: save it with commas."),
    (
        "prices/a.csv",
        "asset_code,a\tb,c\n",
        "lacks the column date, close in line 1, which has asset_code, a?b, c: docs/inbox.md lists them.",
    ),
    (
        "prices/a.csv",
        "x" * 300,
        f"lacks the column asset_code, date, close in line 1, which has {'x' * 200}: docs/inbox.md lists them.",
    ),
    (
        "prices/a.csv",
        "\n",
        "lacks the column asset_code, date, close in line 1, which has nothing: docs/inbox.md lists them.",
    ),
    ("prices/a.csv", "date,close,date,asset_code,close\n", "has the column close, date twice in line 1: keep one."),
]


@pytest.mark.parametrize(("name", "content", "said"), SENTENCES)
def test_a_refusal_is_one_sentence_after_the_name(at: Settings, name: str, content: str, said: str) -> None:
    put(at, name, content)
    (verdict,) = take_in(at)
    assert verdict.reason == f"{name} {said}"
    assert verdict.table_name == ("prices" if name.startswith("prices") else "")


def test_a_file_that_may_not_be_opened_is_refused_with_what_the_disk_said(
    at: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(inbox, "_checksum", refuse)
    put(at, "prices/a.csv", PRICES)
    reason = "prices/a.csv cannot be opened (Permission denied): mend its rights."
    assert take_in(at) == [inbox.Verdict("prices/a.csv", "prices", "refused", reason)]
    (at.inbox / "prices" / "a.csv").rename(at.inbox / "a.csv")
    assert [verdict.table_name for verdict in take_in(at)] == [""]


@pytest.mark.parametrize("grows", [True, False])
def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_of_it_stays(
    at: Settings, monkeypatch: pytest.MonkeyPatch, grows: bool
) -> None:
    def read_and_change(path: Path, table: str) -> Iterator[pa.RecordBatch]:
        yield from read(path, table)
        before = path.stat()
        if grows:
            path.write_text(LATER, encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + (0 if grows else 1_000_000_000)))

    monkeypatch.setattr(inbox, "read", read_and_change)
    put(at, "prices/a.csv", PRICES)
    reason = "prices/a.csv changed while it was read: build again when it is whole."
    assert take_in(at) == [inbox.Verdict("prices/a.csv", "prices", "refused", reason)]
    assert releases(at.landing, "inbox", "prices") == []


def test_line_breaks_in_a_cell_are_kept_as_they_are(at: Settings) -> None:
    path = put(at, "prices/a.csv", 'asset_code,date,close\r\nk,"a\r\nb\rc\nd",1\r\n')
    assert [batch.column("date").to_pylist() for batch in read(path, "prices")] == [["a\r\nb\rc\nd"]]


def test_a_row_with_too_few_cells_is_filled_with_nothing_and_marked(at: Settings) -> None:
    (batch,) = read(put(at, "prices/a.csv", "asset_code,date,close\nk,2025-07-07\n"), "prices")
    assert batch.column("close").to_pylist() == [""]
    assert batch.column("unreadable").to_pylist() == ["the row has 2 cells and the header 3"]


def test_a_csv_file_is_read_so_many_rows_at_once(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "ROWS_AT_ONCE", 2)
    path = put(at, "prices/a.csv", "asset_code,date,close\n" + "k,2025-07-07,1\n" * 3)
    assert [len(batch) for batch in read(path, "prices")] == [2, 1]


def test_a_batch_ends_with_the_row_that_fills_it(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "LARGEST_ROW", 30)
    rows = [f"k,{'d' * (length - 5)},1\n" for length in (10, 10, 9, 10, 10, 10, 10, 10)]
    path = put(at, "prices/a.csv", "asset_code,date,close\n" + "".join(rows))
    assert [len(batch) for batch in read(path, "prices")] == [4, 3, 1]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("asset_code,date,close,{}\n", "k,,1,\n"),
        ("asset_code,date,close\n", "k,{},1\n"),
        ("asset_code,date,close\n", 'k,"aaaa\naaaa\n{}",1\n'),
    ],
)
def test_a_row_has_a_bound_over_all_its_lines(
    at: Settings, monkeypatch: pytest.MonkeyPatch, header: str, row: str
) -> None:
    monkeypatch.setattr(inbox, "LARGEST_ROW", 30)
    longer = header if "{}" in header else row
    for room, is_taken in ((29, True), (30, False), (75, False)):
        filled = "x" * (room - len(longer) + 2)
        path = put(at, "prices/a.csv", header.format(filled) + row.format(filled))
        if is_taken:
            assert sum(len(batch) for batch in read(path, "prices")) == 1
        else:
            with pytest.raises(UnreadableFileError, match="a row has more than 30 letters"):
                list(read(path, "prices"))


def test_a_file_may_have_a_thousand_columns_and_no_more(at: Settings) -> None:
    header = ",".join(["asset_code", "date", "close", *(f"x{number}" for number in range(997))])
    put(at, "prices/a.csv", f"{header}\n")
    assert [verdict.verdict for verdict in take_in(at)] == ["taken"]
    put(at, "prices/a.csv", f"{header},one_more\n")
    assert [verdict.reason for verdict in take_in(at)] == [
        "prices/a.csv has 1,001 columns in line 1: keep those of docs/inbox.md."
    ]


def test_a_column_of_ones_own_that_is_only_somewhat_like_a_documented_one_is_left_out(at: Settings) -> None:
    put(at, "headlines/a.csv", "title,published_on,event_name\nx,2025-01-01,y\n")
    assert [verdict.verdict for verdict in take_in(at)] == ["taken"]


@pytest.mark.parametrize("table", SHAPES)
def test_every_batch_has_the_schema_of_its_table(at: Settings, table: str) -> None:
    required = {name: ["1"] for name in SHAPES[table].required}
    path = at.inbox / f"{table}.parquet"
    pq.write_table(pa.table(required), path)
    lines = put(at, f"{table}.csv", ",".join(required) + "\n" + ",".join(["1"] * len(required)) + "\n")
    assert [batch.schema for file in (path, lines) for batch in read(file, table)] == [inbox.SCHEMAS[table]] * 2


def test_a_parquet_file_without_a_group_has_no_rows(at: Settings) -> None:
    pq.ParquetWriter(
        at.inbox / "prices" / "a.parquet", pa.schema([(name, pa.string()) for name in SHAPES["prices"].required])
    ).close()
    assert [(verdict.verdict, verdict.row_count) for verdict in take_in(at)] == [("taken", 0)]


def test_a_problem_without_words_is_told_by_its_kind(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: object) -> None:
        raise OSError

    monkeypatch.setattr(pq, "ParquetFile", fail)
    put(at, "prices/a.parquet", b"PAR1")
    assert [verdict.reason for verdict in take_in(at)] == [
        "prices/a.parquet is not a Parquet file that can be read (OSError): write it anew, not encrypted."
    ]


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    cells=st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=3, max_size=3), max_size=5
    )
)
def test_any_text_in_a_cell_is_only_text(at: Settings, cells: list[list[str]]) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    path = put(at, "prices/any.csv", "asset_code,date,close\n" + "".join(f"{row}\n" for row in quoted))
    found = [row for batch in read(path, "prices") for row in batch.select(["asset_code", "date", "close"]).to_pylist()]
    assert [list(row.values()) for row in found] == cells


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_taken_in_or_refused_and_never_an_accident(at: Settings, content: bytes) -> None:
    path = put(at, "prices/any.csv", content)
    try:
        list(read(path, "prices"))
    except UnreadableFileError as problem:
        assert str(problem)


def declared(**changes: str | None) -> pd.DataFrame:
    row = {
        **dict.fromkeys(("close_time", "close_zone", "second_benchmark_asset_code", "event_asset_code", "countries")),
        "asset_code": "kosdaq",
        "venue_calendar": "XKRX",
        "benchmark_asset_code": "kospi",
        "quarantine_reason": None,
        "known_from": 0,
        "release_id": "a",
        "row_number": 0,
    }
    return pd.DataFrame([row | changes])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"venue_calendar": "XKRC"}, "no calendar XKRC; nearest: XKRX"),
        ({"benchmark_asset_code": "kosp"}, "no benchmark kosp; nearest: kospi"),
        ({"close_time": "15:30", "close_zone": "Asia/Soul"}, "no time zone Asia/Soul; nearest: Asia/Seoul"),
        ({"asset_code": "kospi"}, "the project lists an asset of this code"),
        ({"countries": "KOR;KOREA"}, "no country KOREA"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_that_exist(changes: dict[str, str], said: str | None) -> None:
    listed = pd.DataFrame({"asset_code": ["kospi"]})
    reason = judged(declared(**changes), listed, pd.DataFrame({"iso3": ["KOR"]}))["quarantine_reason"].iloc[0]
    assert (said is None and pd.isna(reason)) or str(reason).startswith(str(said))


def test_a_time_zone_is_known_or_has_a_nearest() -> None:
    problems = judged_zones(pd.DataFrame({"time_zone": ["Asia/Seoul", "Asia/Soul"]}))["problem"]
    assert pd.isna(problems.iloc[0])
    assert str(problems.iloc[1]).startswith("no time zone Asia/Soul; nearest: Asia/Seoul")
