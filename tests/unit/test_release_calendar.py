"""The calendars give back the days on which publishers did print, and a due day for each month."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from dateutil.rrule import rrulestr

from orchestration import release_calendar
from orchestration.release_calendar import (
    Rule,
    last_month_due,
    last_release,
    longest_gap,
    months_due,
    next_due,
    rules_of,
    told,
)
from orchestration.settings import settings
from orchestration.source import discover

ALL = release_calendar._rules(settings().reference)

# What the press of the day, the publisher itself or its partner says of the day on which a release came.
PRINTED = [
    ("kcs", "ten days", "2022-06-13", "https://m.localsegye.co.kr/news/view/1065577831372301"),
    ("kcs", "ten days", "2026-03-11", "https://dazabi.com/insurance_magazine/article.php?id=9315"),
    ("kcs", "twenty days", "2021-02-22", "https://www.fnnews.com/news/202102220949593634"),
    ("kcs", "twenty days", "2024-09-23", "https://edaily.co.kr/News/Read?newsId=01521926639023072"),
    ("kcs", "twenty days", "2025-01-21", "https://mbnmoney.mbn.co.kr/news/view?news_no=MM1005450091"),
    ("census", "FT-900", "2019-09-04", "FT-900 of July 2019, CB 19-127"),
    ("census", "FT-900", "2019-10-04", "FT-900 of July 2019, CB 19-127"),
    ("census", "FT-900", "2020-12-04", "FT-900 of September 2020, CB 20-166"),
    ("census", "FT-900", "2026-10-06", "Global Agricultural Trade System, release times"),
]


def rule(source: str, name: str) -> Rule:
    (found,) = (rule for rule in ALL if (rule.source, rule.name) == (source, name))
    return found


@pytest.mark.parametrize(("source", "name", "day", "told_by"), PRINTED)
def test_a_release_falls_on_the_day_on_which_it_came(source: str, name: str, day: str, told_by: str) -> None:
    came = date.fromisoformat(day)
    assert rule(source, name).days(came.replace(day=1), came.replace(day=28)) == [came], told_by


def test_the_ecb_prints_on_no_closing_day_of_target() -> None:
    days = rule("ecb", "working day").days(date(2026, 1, 1), date(2026, 12, 31))
    closed = {date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 12, 25)}
    weekdays = {day.date() for day in pd.bdate_range("2026-01-01", "2026-12-31")}
    assert set(days) == weekdays - closed


def test_a_day_off_of_the_lunar_calendar_moves_a_korean_release() -> None:
    """The 15th of February 2026 is a Sunday, and the lunar new year takes the three days after it."""
    assert rule("kcs", "month").days(date(2025, 10, 1), date(2025, 10, 31)) == [date(2025, 10, 15)]
    assert rule("kcs", "month").days(date(2026, 2, 1), date(2026, 2, 28)) == [date(2026, 2, 19)]


def test_an_announced_day_replaces_the_rules_day_and_adds_none() -> None:
    days = rule("census", "FT-900").days(date(2026, 9, 1), date(2026, 12, 31))
    assert days == [date(2026, 9, 8), date(2026, 10, 6), date(2026, 11, 5), date(2026, 12, 7)]
    assert [rule("census", "FT-900").month(day) for day in days[:2]] == [date(2026, 7, 1), date(2026, 8, 1)]


def test_the_hour_follows_summer_time() -> None:
    ecb = rule("ecb", "working day")
    hours = [ecb.moment(day).astimezone(UTC).hour for day in (date(2026, 1, 2), date(2026, 7, 1))]
    assert hours == [15, 14]


def test_korean_october_is_due_on_the_monday_after_the_15th_of_november() -> None:
    october, due = date(2026, 10, 1), date(2026, 11, 16)
    assert next_due("kcs", "country_totals", 15, date(2026, 9, 1), date(2026, 11, 19)) == (october, due)
    before, after = (datetime(2026, 11, 16, hour, tzinfo=ZoneInfo("Asia/Seoul")) for hour in (9, 10))
    assert last_month_due("kcs", "country_totals", before) == date(2026, 9, 1)
    assert last_month_due("kcs", "country_totals", after) == october
    assert last_release("kcs", "country_totals", after) == after


def test_what_is_late_is_told_in_a_sentence_and_what_is_next_after_it() -> None:
    held = {("kcs", "country_totals"): date(2026, 9, 1), ("census", "country_imports"): date(2026, 9, 1)}
    lags: dict[tuple[str, str], int | None] = dict.fromkeys(held, 30)
    assert told(held, lags, date(2026, 11, 19)) == [
        "kcs October 2026 was due on 16 November 2026; 3 days late: country_totals",
        "census October 2026 is due on 7 December 2026: country_imports",
    ]
    assert told(held, lags, date(2026, 11, 16))[0] == "kcs October 2026 is due on 16 November 2026: country_totals"


def test_tables_that_share_a_due_day_share_a_sentence_and_one_never_held_owes_the_last_month() -> None:
    held = {("census", "country_imports"): None, ("census", "country_exports"): date(2026, 8, 1)}
    lags: dict[tuple[str, str], int | None] = dict.fromkeys(held, 36)
    assert told(held, lags, date(2026, 11, 6)) == [
        "census September 2026 was due on 5 November 2026; 1 day late: country_exports, country_imports"
    ]


def test_a_table_without_a_calendar_is_due_by_its_lag_and_one_that_nobody_owes_never() -> None:
    tables = pd.DataFrame(
        [("policy_rates", "federal_reserve", 60), ("inbox", "prices", None)],
        columns=["source_name", "table_name", "release_lag_days"],
    )
    due = months_due(tables, date(2026, 11, 24))
    assert set(due["source_name"]) == {"policy_rates"}
    august = due[due["period_month"] == "2026-08-01"]
    assert august["due_date"].tolist() == [pd.Timestamp("2026-10-31")]


def test_headlines_have_no_release_that_would_make_an_answer_old() -> None:
    assert last_release("rss", "items", datetime(2026, 11, 24, tzinfo=UTC)) is None
    assert all(rule.is_hourly for rule in rules_of("rss", "items"))


def test_the_longest_gap_is_that_of_the_months_to_come() -> None:
    assert longest_gap("census", "country_imports", date(2026, 11, 24)) == timedelta(days=33)
    easter = timedelta(days=4, hours=23)  # from Thursday to Tuesday, and one hour less as summer time begins
    assert longest_gap("ecb", "reference_rates", date(2026, 11, 24)) == easter
    assert longest_gap("rss", "items", date(2026, 11, 24)) == timedelta(days=1)


@pytest.mark.parametrize("source", ["comtrade", "fred", "policy_rates"])
def test_who_owes_nothing_has_no_gap(source: str) -> None:
    assert longest_gap(source, "any", date(2026, 11, 24)) is None


def test_each_line_names_a_source_and_can_be_read() -> None:
    known = {source.name for source in discover()}
    for line in ALL:
        assert line.source in known, f"{line.source} is no source"
        assert line.when_closed in ("stay", "next", "skip"), line
        assert rrulestr(line.day_rule), line
        assert line.days(date(2026, 1, 1), date(2026, 12, 31)), line
        assert line.lag >= timedelta(), line


def test_a_sources_rules_share_a_zone_for_its_schedule_has_one() -> None:
    zones = {source: {line.zone for line in ALL if line.source == source} for source in {line.source for line in ALL}}
    assert {source: found for source, found in zones.items() if len(found) > 1} == {}


def test_each_announced_day_belongs_to_a_rule() -> None:
    lines = release_calendar._lines(settings().reference / "release_dates.csv")
    known = {(line.source, line.table, line.name) for line in ALL}
    assert {(line["source_name"], line["table_name"], line["release_name"]) for line in lines} <= known
