"""Working days of the two customs calendars, the divisor of every daily average (조업일수, 일평균).

Holidays come from the `holidays` library; only the weights are ours.

Korea, as KCS and the trade ministry count: Sunday and public holiday 0, Saturday 1/2, any other day 1.
The rule is told in https://biz.chosun.com/site/data/html_dir/2016/09/04/2016090402064.html and gives
back every count that tests/unit/test_calendar.py quotes: months since August 2015, ten and twenty
days since 2017, and the step from July 2006 to July 2007. What a reader would get wrong:

- Labour Day (1 May) counts 0, a Saturday one too. No KCS text says so (unverified); its counts do:
  5.0 for 1-10 May 2025, 12.5 for 1-20 May 2024, 13.0 for 1-20 May 2021.
- KCS's own 10-day releases gave Saturdays 0 until mid-2016 (13 days for 1-20 June 2016, 14.5 here),
  while the ministry's monthly counts already gave them 1/2. One rule is used for all years.
- Before July 2006 half a Saturday is (unverified), though until July 2004 Saturday was a legal half
  day of work.

United States: Monday to Friday 1, weekend and federal holiday 0. This is our choice: the Census
publishes no working-day convention that is in use here. Days on which the President merely closed
federal offices (24 and 26 December 2025) count 1.
"""

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import holidays
import pandas as pd

Reporter = Literal["KOR", "USA"]
REPORTERS: tuple[Reporter, ...] = get_args(Reporter)

SATURDAY, SUNDAY = 6, 7
SATURDAY_WEIGHT: dict[Reporter, float] = {"KOR": 0.5, "USA": 0.0}

SEED = Path(__file__).parents[1] / "seeds" / "reference" / "working_days.csv"
SEED_YEARS = (2000, 2026)
WINDOW_SEED = SEED.with_name("working_days_to_date.csv")
# Korea's flash figures begin in 2016 and count from the first day of a month; None is its last day.
WINDOW_YEARS = (2016, SEED_YEARS[1])
WINDOWS = {"first_10_days": 10, "first_20_days": 20, "whole_month": None}


@cache
def holiday_calendar(reporter: Reporter) -> holidays.HolidayBase:
    """Non-working holidays by date, with Korean names for Korea; grows by the year as it is asked.

    Korea needs the library's `bank` category beside `public`: until 2025 it holds Labour Day and
    nothing else. From 2026 Labour Day and Constitution Day are public holidays by law.
    """
    if reporter == "KOR":
        return holidays.country_holidays("KR", categories=("public", "bank"), language="ko")
    if reporter == "USA":
        return holidays.country_holidays("US")
    raise ValueError(f"no customs calendar for reporter {reporter!r}; known: {', '.join(REPORTERS)}")


def working_day_weight(day: date, reporter: Reporter) -> float:
    """How much of a working day this day is: 0, 0.5 or 1."""
    is_holiday = day in holiday_calendar(reporter)
    if is_holiday or day.isoweekday() == SUNDAY:
        return 0.0
    return SATURDAY_WEIGHT[reporter] if day.isoweekday() == SATURDAY else 1.0


def working_days(start: date, end: date, reporter: Reporter) -> float:
    """Working days from start to end, both included. Exact: a sum of halves."""
    return sum((working_day_weight(day, reporter) for day in _days(start, end)), start=0.0)


def monthly_working_days(first_year: int, last_year: int) -> pd.DataFrame:
    """One row per reporter and month, from January of the first year to December of the last.

    `seollal_days` and `chuseok_days` count the Monday-Saturday days of the month that fall in the
    holiday or its substitute day, a Saturday as one; always 0 for the United States. A temporary
    holiday beside the feast (27 January 2025, 2 October 2017 and 2023) lowers `working_days` only.
    Months to come miss the temporary holidays and elections that nobody has called yet.
    """
    months = pd.date_range(f"{first_year}-01-01", f"{last_year}-12-01", freq="MS")
    return pd.DataFrame([_month(reporter, month) for reporter in REPORTERS for month in months])


def seed_text() -> str:
    """The seed as it should stand in the repository; months are ISO dates, days have one decimal."""
    table = monthly_working_days(*SEED_YEARS)
    return table.to_csv(index=False, float_format="%.1f", lineterminator="\n")


def window_working_days(first_year: int, last_year: int) -> pd.DataFrame:
    """One row per month and window of Korea's flash figures, with its working days from the first of the month on."""
    months = pd.date_range(f"{first_year}-01-01", f"{last_year}-12-01", freq="MS")
    return pd.DataFrame(
        [
            {
                "reporter_iso3": "KOR",
                "period_month": month,
                "window_code": window,
                "working_days": working_days(
                    month.date(),
                    month.date().replace(day=last_day) if last_day else (month + pd.offsets.MonthEnd()).date(),
                    "KOR",
                ),
            }
            for month in months
            for window, last_day in WINDOWS.items()
        ]
    )


def window_seed_text() -> str:
    """The seed of windows as it should stand in the repository, in the form of `seed_text`."""
    return window_working_days(*WINDOW_YEARS).to_csv(index=False, float_format="%.1f", lineterminator="\n")


def _month(reporter: Reporter, month: pd.Timestamp) -> dict[str, object]:
    start, end = month.date(), (month + pd.offsets.MonthEnd()).date()
    return {
        "reporter_iso3": reporter,
        "period_month": month,
        "working_days": working_days(start, end, reporter),
        "seollal_days": _feast_days(start, end, reporter, "설날"),
        "chuseok_days": _feast_days(start, end, reporter, "추석"),
    }


def _feast_days(start: date, end: date, reporter: Reporter, feast: str) -> int:
    """Monday-Saturday days whose holiday name holds the feast's; one day can carry two names."""
    calendar = holiday_calendar(reporter)
    workable = (day for day in _days(start, end) if day.isoweekday() != SUNDAY)
    return sum(feast in calendar.get(day, "") for day in workable)


def _days(start: date, end: date) -> list[date]:
    if end < start:
        raise ValueError(f"the period {start} to {end} ends before it starts")
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


if __name__ == "__main__":
    SEED.write_text(seed_text(), encoding="utf-8", newline="\n")
    WINDOW_SEED.write_text(window_seed_text(), encoding="utf-8", newline="\n")
