"""Releases are written once, whole, and say what they are."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration import landing
from orchestration.errors import EntrepotError
from orchestration.landing import FOOTER_KEY, Release, checksum, land, read_release, releases

RELEASE = Release(
    source="kcs",
    table="country_totals",
    url="https://example.org/관세청?a=1&b=2",
    basis='told by the "publisher", 공표',
    period_from=date(2025, 1, 1),
    period_to=date(2025, 5, 1),
    settled_through=date(2024, 12, 1),
    settled_status="final",
    open_status="preliminary",
    published_from=date(2025, 6, 11),
    published_to=date(2025, 6, 20),
)
Cells = list[str | None]


def rows(**columns: Cells) -> pa.Table:
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})


A = rows(year=["2025.01", "총계"], expDlr=[" 20,130,610", "-"])
B = rows(year=["2025.01", "총계"], expDlr=[" 20,130,611", "-"])


def published(day: date) -> Release:
    return replace(RELEASE, published_from=day, published_to=day)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def footed(path: Path, footer: bytes) -> Path:
    pq.write_table(A.replace_schema_metadata({FOOTER_KEY: footer}), path)
    return path


def test_a_release_is_kept_with_its_rows_and_all_that_is_known_about_it(tmp_path: Path) -> None:
    kept, is_new = land(tmp_path, RELEASE, A)
    path = kept.path(tmp_path)
    assert is_new
    assert kept == replace(RELEASE, row_count=2, checksum=checksum(A))
    assert path.parent == tmp_path / "kcs" / "country_totals"
    assert read_release(path) == kept
    assert releases(tmp_path, "kcs", "country_totals") == [kept]
    assert pq.read_table(path).to_pydict() == A.to_pydict()


def test_a_time_of_retrieval_survives_the_footer(tmp_path: Path) -> None:
    moment = datetime.fromisoformat("2025-07-01T00:30:59.123456")
    kept, _ = land(tmp_path, replace(RELEASE, published_from=None, published_to=None, retrieved_at=moment), A)
    again = read_release(kept.path(tmp_path))
    assert again.retrieved_at == again.known_from == moment
    assert again.published_to is None


def test_the_same_content_fetched_again_adds_nothing(tmp_path: Path) -> None:
    first, _ = land(tmp_path, published(date(2025, 6, 20)), A)
    again, is_new = land(tmp_path, published(date(2025, 7, 20)), A)
    assert (again, is_new) == (first, False)
    assert len(files(tmp_path)) == 1


def test_the_same_content_under_the_same_date_adds_nothing_even_when_another_printing_shares_that_date(
    tmp_path: Path,
) -> None:
    kept = [land(tmp_path, RELEASE, printing)[0] for printing in (A, B)]
    for release, printing in zip(kept, (A, B), strict=True):
        assert land(tmp_path, RELEASE, printing) == (release, False)
    assert len(files(tmp_path)) == 2


def test_content_that_comes_back_after_a_revision_is_a_new_release(tmp_path: Path) -> None:
    days = [date(2025, 6, 20), date(2025, 7, 20), date(2025, 8, 20)]
    landed = [land(tmp_path, published(day), printing) for day, printing in zip(days, (A, B, A), strict=True)]
    assert [is_new for _, is_new in landed] == [True, True, True]
    held = releases(tmp_path, "kcs", "country_totals")
    assert [release.published_to for release in held] == days
    assert held[0].checksum == held[2].checksum != held[1].checksum


def test_an_older_printing_of_the_same_content_is_kept_for_its_earlier_date(tmp_path: Path) -> None:
    land(tmp_path, published(date(2025, 7, 20)), A)
    older, is_new = land(tmp_path, published(date(2025, 6, 20)), A)
    assert is_new
    assert releases(tmp_path, "kcs", "country_totals")[0] == older


def test_the_same_rows_for_other_months_are_another_release(tmp_path: Path) -> None:
    nothing = A.slice(0, 0)
    months = [replace(RELEASE, period_from=date(2025, month, 1), period_to=date(2025, month, 1)) for month in (1, 2)]
    landed = [land(tmp_path, month, nothing) for month in months]
    assert [is_new for _, is_new in landed] == [True, True]
    assert len(files(tmp_path)) == 2
    assert landed[0][0].release_id != landed[1][0].release_id


def test_releases_come_oldest_first_however_they_were_landed(tmp_path: Path) -> None:
    for day, printing in [(date(2025, 8, 1), A), (date(2024, 8, 1), B), (date(2025, 1, 1), A)]:
        land(tmp_path, published(day), printing)
    held = releases(tmp_path, "kcs", "country_totals")
    assert [release.published_to for release in held] == [date(2024, 8, 1), date(2025, 1, 1), date(2025, 8, 1)]


def hourly(feed: str, hour: int) -> Release:
    moment = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour)
    return replace(RELEASE, scope=feed, published_from=None, published_to=None, retrieved_at=moment)


def test_the_printing_before_is_found_without_opening_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = ("economy", "ministry", "news")
    for hour in range(20):
        for feed in feeds if hour % 4 == 0 else feeds[2:]:
            land(tmp_path, hourly(feed, hour), rows(year=[feed, str(hour)], expDlr=["1", "2"]))
    assert landing.count(tmp_path, "kcs", "country_totals") == 30
    opened: list[Path] = []

    def watched(path: Path) -> Release:
        opened.append(path)
        return read_release(path)

    monkeypatch.setattr(landing, "read_release", watched)
    for feed, hour, files_opened in (("news", 19, 1), ("ministry", 16, 6)):
        opened.clear()
        before = landing.printing_before(tmp_path, hourly(feed, 100))
        assert before is not None
        assert (before.scope, before.known_from) == (feed, hourly(feed, hour).known_from)
        assert len(opened) == files_opened
    opened.clear()
    assert landing.printing_before(tmp_path, hourly("news", -1)) is None
    assert opened == []


def test_of_two_printings_of_one_second_the_later_is_the_one_before(tmp_path: Path) -> None:
    for micros, printing in ((900_000, A), (100_000, B)):
        moment = datetime(2026, 11, 1, 0, 0, 0, micros, tzinfo=UTC)
        land(tmp_path, replace(hourly("news", 0), retrieved_at=moment), printing)
    before = landing.printing_before(tmp_path, hourly("news", 1))
    assert before is not None
    assert before.checksum == checksum(A)


def test_the_months_that_are_held_are_told_by_names_alone(tmp_path: Path) -> None:
    kept, _ = land(tmp_path, RELEASE, A)
    kept.path(tmp_path).write_bytes(b"damaged")
    (kept.path(tmp_path).parent / "notes.txt").write_text("mine")
    assert landing.months_held(tmp_path, "kcs", "country_totals") == {date(2025, month, 1) for month in range(1, 6)}
    assert landing.months_held(tmp_path, "kcs", "none") == set()


def test_a_table_without_releases_has_none(tmp_path: Path) -> None:
    assert releases(tmp_path, "kcs", "country_totals") == []


def test_the_last_day_of_publication_is_what_known_from_tells() -> None:
    last_day = datetime.fromisoformat("2025-06-20")
    assert RELEASE.known_from == last_day
    assert replace(RELEASE, retrieved_at=datetime.fromisoformat("2026-01-01")).known_from == last_day


def test_a_time_of_retrieval_with_a_zone_is_told_in_utc() -> None:
    seoul = datetime(2025, 7, 1, 9, 0, tzinfo=timezone(timedelta(hours=9)))
    release = replace(RELEASE, published_to=None, retrieved_at=seoul)
    assert release.known_from == datetime.fromisoformat("2025-07-01T00:00")
    assert replace(release, retrieved_at=seoul.astimezone(UTC)).release_id == release.release_id


def test_a_release_without_any_date_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    undated = replace(RELEASE, published_from=None, published_to=None)
    with pytest.raises(
        EntrepotError, match=r"kcs/country_totals.*neither a day of publication nor a time of retrieval"
    ):
        land(tmp_path, undated, A)
    assert files(tmp_path) == []


def test_text_is_passed_through_as_the_publisher_printed_it(tmp_path: Path) -> None:
    cells: Cells = ["007", " 20,130,610", "", None, " ", "NULL", "NA", "-", "1.0", "2025.10", "콩고 \u200b민주공화국"]
    kept, _ = land(tmp_path, RELEASE, rows(statCd=cells))
    back = pq.read_table(kept.path(tmp_path))
    assert back.column("statCd").to_pylist() == cells
    assert back.schema.field("statCd").type == pa.string()


def test_columns_that_are_not_text_become_text(tmp_path: Path) -> None:
    kept, _ = land(tmp_path, RELEASE, pa.table({"count": [7, None], "flag": [True, False], "none": [None, None]}))
    back = pq.read_table(kept.path(tmp_path))
    assert back.schema.types == [pa.string()] * 3
    assert back.to_pydict() == {"count": ["7", None], "flag": ["true", "false"], "none": [None, None]}


@pytest.mark.parametrize("step", ["write", "sync", "rename"])
def test_a_write_that_fails_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    held, _ = land(tmp_path, published(date(2025, 1, 1)), B)
    before = files(tmp_path)

    def half_written(table: pa.Table, handle: Any, **_: Any) -> None:
        handle.write(b"PAR1 and no more")
        raise OSError(28, "No space left on device")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    if step == "write":
        monkeypatch.setattr(pq, "write_table", half_written)
    elif step == "sync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(EntrepotError, match=r"kcs/country_totals: cannot write .*No space left on device.*run again"):
        land(tmp_path, RELEASE, A)
    assert files(tmp_path) == before
    assert releases(tmp_path, "kcs", "country_totals") == [held]


def test_a_run_that_is_interrupted_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        land(tmp_path, RELEASE, A)
    assert files(tmp_path) == []


def test_a_file_where_a_folder_should_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "kcs").write_text("in the way")
    with pytest.raises(EntrepotError, match=r"cannot write .*country_totals.*No release was added"):
        land(tmp_path, RELEASE, A)


def test_the_part_of_a_killed_run_is_not_read_as_a_release(tmp_path: Path) -> None:
    kept, _ = land(tmp_path, RELEASE, A)
    path = kept.path(tmp_path)
    path.with_name(f"{path.name}.4711.part").write_bytes(path.read_bytes()[:100])
    assert releases(tmp_path, "kcs", "country_totals") == [kept]


def test_what_a_dead_run_left_half_written_goes_and_the_part_of_a_living_one_stays(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    folder = RELEASE.path(tmp_path).parent
    folder.mkdir(parents=True)
    for name in (f"x.parquet.{dead.pid}.part", f"y.parquet.{os.getppid()}.part", "nobody.part"):
        (folder / name).write_bytes(b"PAR1")
    kept, _ = land(tmp_path, RELEASE, A)
    assert files(tmp_path) == sorted([kept.path(tmp_path).name, f"y.parquet.{os.getppid()}.part", "nobody.part"])


def test_a_part_that_another_run_removes_first_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    monkeypatch.setattr(landing, "_names", lambda folder: [f"x.parquet.{dead.pid}.part"])
    _, is_new = land(tmp_path, RELEASE, A)
    assert is_new


def test_a_release_file_can_be_read_by_whom_the_folder_lets_read(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        kept, _ = land(tmp_path, RELEASE, A)
    finally:
        os.umask(mask)
    assert kept.path(tmp_path).stat().st_mode & 0o777 == 0o644


FOOTER = {
    **dict.fromkeys(("period_from", "period_to", "settled_through", "published_from", "published_to"), "2025-01-01"),
    **dict.fromkeys(("source", "table", "url", "basis", "settled_status", "open_status", "checksum"), "x"),
    "retrieved_at": None,
    "row_count": 2,
}


@pytest.mark.parametrize(
    "footer",
    [
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"{}",
        json.dumps({**FOOTER, "period_from": "May 2025"}).encode(),
        json.dumps({**FOOTER, "period_from": 2025}).encode(),
        json.dumps({**FOOTER, "colour": "of a later version"}).encode(),
    ],
)
def test_a_footer_that_cannot_be_read_is_told_with_the_file_and_the_way_out(tmp_path: Path, footer: bytes) -> None:
    assert read_release(footed(tmp_path / "good.parquet", json.dumps(FOOTER).encode())).row_count == 2
    path = footed(tmp_path / "bad.parquet", footer)
    with pytest.raises(EntrepotError, match=r"bad\.parquet is not a release file.*Move it out.*fetch that table again"):
        read_release(path)


@pytest.mark.parametrize("kind", ["empty", "foreign", "another format", "cut short", "overwritten", "absent"])
def test_a_damaged_or_foreign_file_is_told_with_the_file_and_the_way_out(tmp_path: Path, kind: str) -> None:
    kept, _ = land(tmp_path, RELEASE, A)
    path = kept.path(tmp_path)
    whole = path.read_bytes()
    if kind == "foreign":
        pq.write_table(A, path)
    elif kind == "absent":
        path.unlink()
    else:
        damaged = {
            "empty": b"",
            "another format": b"year,expDlr\n2025.01,1\n",
            "cut short": whole[: len(whole) // 2],
            "overwritten": whole[: len(whole) // 3] + bytes(len(whole) - len(whole) // 3 - 8) + whole[-8:],
        }
        path.write_bytes(damaged[kind])
    with pytest.raises(EntrepotError, match=rf"{path.name} is not a release file.*Move it out of the landing folder"):
        read_release(path)


def test_one_damaged_file_stops_the_reading_rather_than_being_passed_over(tmp_path: Path) -> None:
    land(tmp_path, RELEASE, A)
    (tmp_path / "kcs" / "country_totals" / "stray.parquet").write_bytes(b"")
    with pytest.raises(EntrepotError, match=r"stray\.parquet"):
        releases(tmp_path, "kcs", "country_totals")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rows(a=[None]), rows(a=[""])),
        (rows(a=[""]), rows(a=[" "])),
        (rows(a=["x", None]), rows(a=["x"])),
        (rows(a=["1,2"], b=["3"]), rows(a=["1"], b=["2,3"])),
        (rows(a=['x","y']), rows(a=["x"], b=["y"])),
        (rows(a=["x\ny"]), rows(a=["x", "y"])),
        (rows(a=["1"]), rows(b=["1"])),
        (rows(a=["1"], b=["2"]), rows(b=["2"], a=["1"])),
        (rows(a=["x", "y"]), rows(a=["y", "x"])),
    ],
)
def test_content_that_differs_has_another_checksum(one: pa.Table, other: pa.Table) -> None:
    assert checksum(one) != checksum(other)


def test_a_checksum_does_not_depend_on_how_the_rows_are_cut_into_chunks() -> None:
    pieces = pa.concat_tables([A.slice(0, 1), A.slice(1)])
    assert pieces.column("year").num_chunks == 2
    assert checksum(pieces) == checksum(A)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
cells = st.none() | st.sampled_from(["", '"', '""', ",", "\n", "\r\n", "007", " 1,000", "NULL"]) | texts


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Cells]:
    names = draw(st.lists(texts.filter(bool), min_size=1, max_size=3, unique=True))
    height = draw(st.integers(0, 4))
    return {name: draw(st.lists(cells, min_size=height, max_size=height)) for name in names}


@settings(max_examples=60, deadline=None)
@given(tables())
def test_what_is_landed_is_read_back_unchanged(table: dict[str, Cells]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        kept, is_new = land(folder, RELEASE, rows(**table))
        back = pq.read_table(kept.path(folder))
        assert is_new
        assert back.to_pydict() == table
        assert checksum(back) == kept.checksum
        assert kept.row_count == back.num_rows
        assert land(folder, RELEASE, back) == (kept, False)
    finally:
        shutil.rmtree(folder)


@settings(max_examples=100, deadline=None)
@given(tables(), st.data())
def test_the_checksum_differs_when_one_cell_differs(table: dict[str, Cells], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(table)))
    assume(table[name])
    row = data.draw(st.integers(0, len(table[name]) - 1))
    other = data.draw(cells.filter(lambda cell: cell != table[name][row]))
    changed = {**table, name: [*table[name][:row], other, *table[name][row + 1 :]]}
    assert checksum(rows(**changed)) != checksum(rows(**table))


@pytest.fixture
def in_seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own zone is nine hours before UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "KST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_seoul")
@pytest.mark.parametrize("zone", [None, UTC])
def test_a_time_of_retrieval_is_told_in_utc_wherever_the_machine_stands(zone: tzinfo | None) -> None:
    moment = datetime(2025, 7, 1, 0, 30, tzinfo=zone)
    known = replace(RELEASE, published_to=None, retrieved_at=moment).known_from
    assert known == datetime.fromisoformat("2025-07-01T00:30")


def test_a_release_is_named_by_the_second_its_months_and_twelve_signs_of_its_checksum(tmp_path: Path) -> None:
    release = replace(RELEASE, checksum="0123456789abcdef")
    assert release.release_id == "kcs.country_totals.20250620T000000-202501-202505-0123456789ab"
    assert release.path(tmp_path).name == "20250620T000000-202501-202505-0123456789ab.parquet"


def test_a_release_without_any_date_is_told_in_whole_sentences() -> None:
    with pytest.raises(EntrepotError) as told:
        _ = replace(RELEASE, published_to=None).known_from
    assert str(told.value) == (
        "kcs/country_totals: the release has neither a day of publication nor a time of retrieval. Nothing was written. "
        "Give it one of the two: vintages cannot be guessed."
    )


def test_the_printings_of_the_same_months_and_scope_are_found_oldest_first(tmp_path: Path) -> None:
    days = [date(2025, 7, 20), date(2025, 6, 20)]
    later, earlier = (land(tmp_path, published(day), printing)[0] for day, printing in zip(days, (A, B), strict=True))
    land(tmp_path, replace(RELEASE, scope="US"), A)
    land(tmp_path, replace(RELEASE, period_to=date(2025, 6, 1)), A)
    assert landing.printings(tmp_path, RELEASE) == [earlier, later]
    assert landing.printings(tmp_path, replace(RELEASE, source="census")) == []


def test_a_printing_known_at_the_same_moment_counts_as_one_before(tmp_path: Path) -> None:
    kept, _ = land(tmp_path, RELEASE, A)
    assert landing.printing_before(tmp_path, RELEASE) == kept


def test_a_footer_holds_letters_as_they_are(tmp_path: Path) -> None:
    kept, _ = land(tmp_path, RELEASE, A)
    footer = pq.read_metadata(kept.path(tmp_path)).metadata[FOOTER_KEY]
    assert "관세청" in footer.decode()


def test_a_damaged_file_is_told_in_whole_sentences(tmp_path: Path) -> None:
    path = footed(tmp_path / "bad.parquet", b"{}")
    with pytest.raises(EntrepotError) as told:
        read_release(path)
    assert str(told.value) == (
        f"{path} is not a release file of this project, or is damaged (KeyError). Nothing was loaded from it. Move it out of "
        "the landing folder and fetch that table again; all other releases stay."
    )


def test_the_checksum_of_a_file_is_that_of_its_bytes_and_of_what_is_read_from_it(tmp_path: Path) -> None:
    path = tmp_path / "bulk.csv"
    path.write_bytes(b"a\r\n1\r\n\xff")
    inner = hashlib.sha256(b"a\r\n1\r\n\xff").digest()
    assert landing.checksum_of_file(path, "2025-05 전체") == hashlib.sha256(inner + "2025-05 전체".encode()).hexdigest()


STREAM = replace(RELEASE, checksum="0123456789abcdef" * 4)
Span = tuple[date, date]


def stream(folder: Path, *batches: pa.RecordBatch, spans: Sequence[Span | None] = ()) -> Release:
    """Keeps batches as a stream; the nth of them reports on the nth span, and those without one on no month."""
    left = iter(spans)
    return landing.keep_stream(folder, STREAM, batches, A.schema, lambda batch: next(left, None))


def test_a_stream_is_kept_with_the_rows_and_the_months_of_all_its_batches(tmp_path: Path) -> None:
    spans = [(date(2024, 3, 1), date(2024, 5, 1)), None, (date(2023, 1, 1), date(2024, 4, 1))]
    kept = stream(tmp_path, *(batch for table in (A, B, A) for batch in table.to_batches()), spans=spans)
    first, last = date(2023, 1, 1), date(2024, 5, 1)
    assert kept == replace(STREAM, row_count=6, period_from=first, period_to=last, settled_through=last)
    assert releases(tmp_path, "kcs", "country_totals") == [kept]
    assert pq.read_table(kept.path(tmp_path)).to_pydict() == pa.concat_tables([A, B, A]).to_pydict()


def test_a_stream_that_names_no_month_keeps_the_months_it_came_with(tmp_path: Path) -> None:
    kept = stream(tmp_path, *A.to_batches())
    assert kept == read_release(kept.path(tmp_path)) == replace(STREAM, row_count=2)


def test_what_a_dead_run_left_half_written_goes_when_a_stream_comes(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    folder = STREAM.path(tmp_path).parent
    folder.mkdir(parents=True)
    (folder / f"x.{dead.pid}.part").write_bytes(b"PAR1")
    kept = stream(tmp_path, *A.to_batches())
    assert files(tmp_path) == [kept.path(tmp_path).name]


@pytest.mark.parametrize("problem", [OSError(28, "out of room"), OSError("out of room")])
def test_a_stream_that_breaks_is_told_in_whole_sentences_and_leaves_nothing(tmp_path: Path, problem: OSError) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from A.to_batches()
        raise problem

    with pytest.raises(EntrepotError) as told:
        landing.keep_stream(tmp_path, STREAM, broken(), A.schema, lambda batch: None)
    assert str(told.value) == (
        f"kcs/country_totals: cannot write {tmp_path / 'kcs' / 'country_totals'} (out of room). No release was added; those "
        "held are untouched. Free some space or mend the folder's rights, then run again."
    )
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "keep",
    [lambda folder: land(folder, RELEASE, A)[0], lambda folder: stream(folder, *A.to_batches())],
    ids=["at once", "as a stream"],
)
def test_a_release_is_packed_and_one_digit_that_changes_on_the_disk_is_found(
    tmp_path: Path, keep: Callable[[Path], Release]
) -> None:
    path = keep(tmp_path).path(tmp_path)
    group = pq.read_metadata(path).row_group(0)
    assert {group.column(place).compression for place in range(group.num_columns)} == {"ZSTD"}
    assert landing.is_readable(path)
    path.write_bytes(path.read_bytes().replace(b"20,130,610", b"20,130,611", 1))
    assert pq.read_table(path).to_pydict() == B.to_pydict()  # without checksums it would go unseen
    assert not landing.is_readable(path)


def test_a_file_that_is_cut_short_or_gone_is_not_readable(tmp_path: Path) -> None:
    kept, _ = land(tmp_path, RELEASE, A)
    path = kept.path(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    assert not landing.is_readable(path)
    path.unlink()
    assert not landing.is_readable(path)
