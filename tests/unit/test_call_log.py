"""What was asked of a publisher, and when: it bounds the calls of a day, and does not grow for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration import fetch
from orchestration.fetch import CallLog
from orchestration.source import Access

SEOUL = Access(daily_calls=1_000, day_zone="Asia/Seoul")
# Half past eleven in the evening of Seoul.
EVENING = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def written(path: Path, *, hours: int) -> CallLog:
    """A feed that is asked every hour, up to the evening."""
    log = CallLog(path, SEOUL)
    for hour in range(hours - 1, -1, -1):
        for outcome in ("sent", "kept"):
            log.write("items", "news", outcome, EVENING - hour * AN_HOUR)
    return CallLog(path, SEOUL)


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_the_calls_of_a_day_are_those_of_the_publishers_day(tmp_path: Path) -> None:
    log = written(tmp_path / "rss.jsonl", hours=48)
    assert log.calls_left("items", EVENING) == 1_000 - 24
    assert log.calls_left("items", EVENING + AN_HOUR) == 1_000
    assert log.calls_left("others", EVENING) == 1_000


def test_a_source_whose_tables_share_a_day_counts_them_together(tmp_path: Path) -> None:
    shared = Access(daily_calls=10, daily_for_all=True)
    log = CallLog(tmp_path / "comtrade.jsonl", shared)
    for table in ("monthly", "annual", "annual"):
        log.write(table, "2026", "sent", EVENING)
    assert log.calls_left("monthly", EVENING) == log.calls_left("annual", EVENING) == 7


def test_a_log_is_shortened_to_what_is_still_asked_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_SPARE_LINES", 100)
    path = tmp_path / "rss.jsonl"
    CallLog(path, SEOUL).write("items", "ministry", "empty", EVENING - 1_000 * AN_HOUR)
    log = written(path, hours=200)
    assert lines(path) == 401
    log.shorten(EVENING)
    assert lines(path) == 24 + 2
    for told in (log, CallLog(path, SEOUL)):
        assert told.calls_left("items", EVENING) == 1_000 - 24
        assert told.answered("items", "news") == (EVENING, "kept")
        assert told.answered("items", "ministry") == (EVENING - 1_000 * AN_HOUR, "empty")
    assert [left.name for left in tmp_path.iterdir()] == ["rss.jsonl"]


def test_a_log_that_is_mostly_needed_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_SPARE_LINES", 0)
    path = tmp_path / "rss.jsonl"
    before = written(path, hours=20), path.read_bytes()
    before[0].shorten(EVENING)
    assert path.read_bytes() == before[1]


def test_a_log_is_written_on_after_it_was_shortened_and_after_a_killed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MOST_SPARE_LINES", 0)
    path = tmp_path / "rss.jsonl"
    log = written(path, hours=200)
    log.shorten(EVENING)
    log.write("items", "news", "unchanged", EVENING + AN_HOUR)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-11-2')
    CallLog(path, SEOUL).write("items", "news", "sent", EVENING + 2 * AN_HOUR)
    again = CallLog(path, SEOUL)
    assert again.answered("items", "news") == (EVENING + AN_HOUR, "unchanged")
    assert again.calls_left("items", EVENING + 2 * AN_HOUR) == 999
