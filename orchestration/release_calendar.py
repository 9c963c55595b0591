"""When publishers release what, from the calendars in `seeds/reference/`: rules, and days that were announced.

`release_calendar.csv` holds one rule a line. `day_rule` is a recurrence rule of RFC 5545, read by `dateutil`; where it
falls on a day off, `when_closed` says what the publisher does, and `holidays` knows the days off. `local_time` is the
publisher's hour, empty for every full hour, and `lag_minutes` what its service usually needs from there. `months_back`
tells which month a release is the first to print, counted from its own; empty where it owes no new month.
`release_dates.csv` holds days that were announced: for their month they win over the rule.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import holidays
from dateutil.rrule import rrulestr

from orchestration.settings import settings
from orchestration.source import month_after

if TYPE_CHECKING:
    import pandas as pd

FIRST_MONTH = date(2015, 1, 1)
ALL_TABLES = "*"
LOOK_BACK = timedelta(days=400)
LOOK_AHEAD_MONTHS = 3
LOOK_AHEAD = timedelta(days=400)
NEXT_TOLD = 3
EARLY_MORNING = time(6)


@dataclass(frozen=True)
class Rule:
    """One line of the calendar: a release that comes again and again. `table` is a name or a pattern such as `flash_*`."""

    source: str
    table: str
    name: str
    day_rule: str
    when_closed: Literal["stay", "next", "skip"]
    holidays_of: str
    zone: str
    local_time: time | None
    lag: timedelta
    months_back: int | None
    announced: tuple[tuple[date, date], ...] = ()

    @property
    def is_hourly(self) -> bool:
        return self.local_time is None

    @property
    def owes(self) -> bool:
        """Whether each release brings what was not there before. Who corrects, or sends when it can, owes nothing."""
        return self.months_back is not None or self.is_hourly

    @property
    def asked_at(self) -> time:
        """The hour, in the publisher's zone, from which its service should have the figures."""
        return (datetime.combine(FIRST_MONTH, self.local_time or time()) + self.lag).time()

    def month(self, day: date) -> date | None:
        """The month that a release of that day is the first to print."""
        told = [month for month, announced in self.announced if announced == day]
        return (
            told[0]
            if told
            else None
            if self.months_back is None
            else month_after(day.replace(day=1), -self.months_back)
        )

    def days(self, first: date, last: date) -> list[date]:
        """The days of release from first to last, oldest first."""
        ruled = rrulestr(self.day_rule, dtstart=datetime.combine(first - timedelta(days=31), time()))
        moved = {self._open_day(moment.date()) for moment in ruled.between(*_bounds(first, last), inc=True)}
        told = dict(self.announced)
        kept = {day for day in moved if day is not None and self.month(day) not in told} | set(told.values())
        return sorted(day for day in kept if first <= day <= last)

    def moment(self, day: date) -> datetime:
        return datetime.combine(day, self.asked_at, ZoneInfo(self.zone))

    def _open_day(self, day: date) -> date | None:
        calendar = _days_off(self.holidays_of) if self.holidays_of else None
        if self.when_closed == "stay" or calendar is None or calendar.is_working_day(day):
            return day
        return None if self.when_closed == "skip" else calendar.get_nth_working_day(day, 1)


def rules_of(source: str, table: str) -> list[Rule]:
    """The rules of one table: those that name it or its kind, else those of all tables of its source, else none."""
    found = [rule for rule in _rules(settings().reference) if rule.source == source and fnmatchcase(table, rule.table)]
    return [rule for rule in found if rule.table != ALL_TABLES] or found


def daily(source: str, zone: str) -> Rule:
    """For a source that the calendar does not name: it is looked at once a day, early in the morning of its own zone."""
    return Rule(source, "*", "look", "FREQ=DAILY", "stay", "", zone, EARLY_MORNING, timedelta(), None)


def last_release(source: str, table: str, now: datetime) -> datetime | None:
    """The last moment at which a release was to be had: an answer from before it is old. Headlines have none."""
    found = []
    for rule in rules_of(source, table):
        today = now.astimezone(ZoneInfo(rule.zone)).date()
        days = [] if rule.is_hourly else rule.days(today - LOOK_BACK, today)
        found += [moment for day in days[-2:] if (moment := rule.moment(day)) <= now]
    return max(found, default=None)


def last_month_due(source: str, table: str, now: datetime) -> date | None:
    """The newest month that should be out by now; None where no rule of the table owes one."""
    found = []
    for rule in rules_of(source, table):
        today = now.astimezone(ZoneInfo(rule.zone)).date()
        days = [day for day in rule.days(today - LOOK_BACK, today) if rule.moment(day) <= now]
        found += [month for day in days[-2:] if (month := rule.month(day))]
    return max(found, default=None)


def longest_gap(source: str, table: str, today: date) -> timedelta | None:
    """Between two releases that follow each other, from the last before today to thirteen months on; None where none is owed."""
    moments = sorted(
        rule.moment(day).astimezone(UTC)
        for rule in rules_of(source, table)
        if rule.owes
        for day in rule.days(today - LOOK_BACK, today + LOOK_AHEAD)
    )
    last = max((moment for moment in moments if moment.date() <= today), default=None)
    coming = [moment for moment in moments if last is not None and moment >= last]
    return max((later - earlier for earlier, later in pairwise(coming)), default=None)


def next_due(source: str, table: str, lag_days: int | None, held: date | None, today: date) -> tuple[date, date] | None:
    """The first month after the last one held, and the day on which it is due, which may be past. Held nothing: the last due."""
    due = list(_due_dates(source, table, lag_days, today))
    if held is None:
        return next(((month, day) for month, day in reversed(due) if day <= today), None)
    return next(((month, day) for month, day in due if month > held), None)


def told(
    held: Mapping[tuple[str, str], date | None], lags: Mapping[tuple[str, str], int | None], today: date
) -> list[str]:
    """What is late, the latest first, and what is due next, a sentence each; tables that share it share a sentence.

    `held` is the last month held of each source and table, None where none is.
    """
    owed: dict[tuple[str, date, date], list[str]] = {}
    for (source, table), month in held.items():
        found = next_due(source, table, lags.get((source, table)), month, today)
        if found is not None:
            owed.setdefault((source, *found), []).append(table)
    late = sorted((key for key in owed if key[2] < today), key=lambda key: key[2])
    coming = sorted((key for key in owed if key[2] >= today), key=lambda key: key[2])[:NEXT_TOLD]
    return [_sentence(key, owed[key], today) for key in [*late, *coming]]


def _sentence(owed: tuple[str, date, date], tables: list[str], today: date) -> str:
    source, month, day = owed
    late = (today - day).days
    verb, end = ("was", f"; {late:,} {'day' if late == 1 else 'days'} late") if late > 0 else ("is", "")
    return f"{source} {month:%B %Y} {verb} due on {day.day} {day:%B %Y}{end}: {', '.join(sorted(tables))}"


def months_due(tables: "pd.DataFrame", today: date) -> "pd.DataFrame":
    """One row per raw table and month since 2015, up to those that fall due within three months of today.

    Takes `source_name`, `table_name`, `release_lag_days`; gives the first two, `period_month` and `due_date`. A table
    that neither the calendar nor a lag speaks of has no row.
    """
    import pandas as pd  # a second to import, and only a build needs it

    rows = []
    for source, table, lag in tables[["source_name", "table_name", "release_lag_days"]].itertuples(index=False):
        due = _due_dates(source, table, None if pd.isna(lag) else int(lag), today)
        rows += [(source, table, month, day) for month, day in due]
    frame = pd.DataFrame(rows, columns=["source_name", "table_name", "period_month", "due_date"])
    return frame.astype({"period_month": "datetime64[us]", "due_date": "datetime64[us]"})


def _due_dates(source: str, table: str, lag_days: int | None, today: date) -> Iterator[tuple[date, date]]:
    end = month_after(today.replace(day=1), LOOK_AHEAD_MONTHS)
    rules = [rule for rule in rules_of(source, table) if rule.months_back is not None]
    printed: dict[date, date] = {}
    for rule in rules:
        for day in rule.days(FIRST_MONTH, end):
            month = rule.month(day)
            if month is not None:
                printed[month] = min(day, printed.get(month, day))
    if not rules and lag_days is not None:
        months = rrulestr("FREQ=MONTHLY", dtstart=datetime.combine(FIRST_MONTH, time())).between(
            *_bounds(FIRST_MONTH, end)
        )
        printed = {month.date(): month_after(month.date()) + timedelta(days=lag_days) for month in months}
    return ((month, day) for month, day in sorted(printed.items()) if month >= FIRST_MONTH and day <= end)


def _bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """A release may have been moved into the span from some days before it: no run of days off is longer than two weeks."""
    return datetime.combine(first - timedelta(days=14), time()), datetime.combine(last, time())


@cache
def _rules(reference: Path) -> tuple[Rule, ...]:
    announced: dict[tuple[str, str, str], list[tuple[date, date]]] = {}
    for line in _lines(reference / "release_dates.csv"):
        days = date.fromisoformat(line["period_month"]), date.fromisoformat(line["release_date"])
        announced.setdefault((line["source_name"], line["table_name"], line["release_name"]), []).append(days)
    return tuple(
        Rule(
            source=line["source_name"],
            table=line["table_name"],
            name=line["release_name"],
            day_rule=line["day_rule"],
            when_closed=line["when_closed"],  # type: ignore[arg-type] # a test holds the column to the three words
            holidays_of=line["holidays_of"],
            zone=line["time_zone"],
            local_time=time.fromisoformat(line["local_time"]) if line["local_time"] else None,
            lag=timedelta(minutes=int(line["lag_minutes"])),
            months_back=int(line["months_back"]) if line["months_back"] else None,
            announced=tuple(announced.get((line["source_name"], line["table_name"], line["release_name"]), ())),
        )
        for line in _lines(reference / "release_calendar.csv")
    )


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def _days_off(code: str) -> holidays.HolidayBase:
    """By a country's ISO code, or `ECB` for the closing days of TARGET."""
    return holidays.financial_holidays("ECB") if code == "ECB" else holidays.country_holidays(code)
