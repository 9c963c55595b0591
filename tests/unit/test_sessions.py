"""An event falls into the first session of a venue that closes after it."""

from datetime import date

import pandas as pd
import pytest

from orchestration.sessions import (
    OBSERVED,
    align,
    asset_sessions,
    event_session,
    exchange_sessions,
    fixing_sessions,
    in_utc,
)

FIRST, LAST = date(2025, 6, 1), date(2026, 3, 31)
SEOUL, TOKYO, NEW_YORK = "XKRX", "XTKS", "XNYS"


@pytest.fixture(scope="module")
def venues() -> dict[str, pd.DataFrame]:
    return {code: exchange_sessions(code, FIRST, LAST) for code in (SEOUL, TOKYO, NEW_YORK)}


def session_of(venue: pd.DataFrame, moment: pd.Timestamp) -> str | None:
    position = event_session(moment, venue["closes_at_utc"])
    return None if position is None else f"{venue['session_date'].iloc[position]:%Y-%m-%d}"


LETTER = in_utc("2025-07-08", "01:20", "Asia/Seoul")
RULING = in_utc("2026-02-20", "10:00", "America/New_York")
RATE_RISE = in_utc("2025-12-19", "12:20", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("moment", "venue", "day"),
    [
        pytest.param(LETTER, SEOUL, "2025-07-08", id="letter in Seoul"),
        pytest.param(LETTER, NEW_YORK, "2025-07-07", id="letter in New York"),
        pytest.param(RULING, SEOUL, "2026-02-23", id="ruling in Seoul, after the weekend"),
        pytest.param(RULING, NEW_YORK, "2026-02-20", id="ruling in New York"),
        pytest.param(RATE_RISE, TOKYO, "2025-12-19", id="rate rise in Tokyo"),
        pytest.param(RATE_RISE, SEOUL, "2025-12-19", id="rate rise in Seoul"),
        pytest.param(RATE_RISE, NEW_YORK, "2025-12-19", id="rate rise in New York"),
    ],
)
def test_an_event_falls_into_the_first_session_that_closes_after_it(
    venues: dict[str, pd.DataFrame], moment: pd.Timestamp, venue: str, day: str
) -> None:
    assert session_of(venues[venue], moment) == day


def test_a_local_hour_becomes_utc_with_the_summer_time_of_its_day() -> None:
    assert pd.Timestamp("2025-07-07 16:20") == LETTER
    assert in_utc("2025-07-07", "12:00", "America/New_York") == pd.Timestamp("2025-07-07 16:00")
    assert in_utc("2025-12-16", "12:00", "America/New_York") == pd.Timestamp("2025-12-16 17:00")


def test_a_day_without_an_hour_counts_as_its_noon() -> None:
    assert in_utc("2025-12-16", None, "Asia/Tokyo") == pd.Timestamp("2025-12-16 03:00")


def test_an_event_on_a_holiday_moves_to_the_next_session(venues: dict[str, pd.DataFrame]) -> None:
    # Chuseok 2025: Seoul had no session from Friday 3 to Thursday 9 October.
    assert session_of(venues[SEOUL], in_utc("2025-10-06", "10:00", "Asia/Seoul")) == "2025-10-10"
    assert session_of(venues[NEW_YORK], in_utc("2025-07-04", "10:00", "America/New_York")) == "2025-07-07"


def test_an_event_at_the_very_close_belongs_to_the_next_session(venues: dict[str, pd.DataFrame]) -> None:
    close = in_utc("2025-07-08", "15:30", "Asia/Seoul")
    assert session_of(venues[SEOUL], close) == "2025-07-09"
    assert session_of(venues[SEOUL], close - pd.Timedelta(seconds=1)) == "2025-07-08"


def test_an_early_close_is_known(venues: dict[str, pd.DataFrame]) -> None:
    assert session_of(venues[NEW_YORK], in_utc("2025-11-28", "14:00", "America/New_York")) == "2025-12-01"


def test_an_event_outside_the_known_sessions_has_none(venues: dict[str, pd.DataFrame]) -> None:
    assert session_of(venues[SEOUL], in_utc("2026-06-01", "10:00", "Asia/Seoul")) is None
    assert session_of(venues[SEOUL], in_utc("2025-03-03", "10:00", "Asia/Seoul")) is None


def test_a_fixing_closes_at_its_hour_on_the_days_it_was_printed() -> None:
    days = pd.Series(["2025-07-07", "2025-07-03", "2025-12-15"])
    fixings = fixing_sessions(days, "12:00", "America/New_York")
    assert fixings["session_date"].dt.strftime("%m-%d").tolist() == ["07-03", "07-07", "12-15"]
    assert fixings["closes_at_utc"].dt.hour.tolist() == [16, 16, 17]


def test_the_letter_came_after_the_noon_rate_and_before_the_next() -> None:
    fixings = fixing_sessions(pd.Series(["2025-07-07", "2025-07-08"]), "12:00", "America/New_York")
    assert session_of(fixings, LETTER) == "2025-07-08"


def test_each_event_meets_the_sessions_of_each_of_its_assets() -> None:
    assets = pd.DataFrame(
        {
            "asset_code": ["kospi", "won"],
            "venue_calendar": [SEOUL, OBSERVED],
            "fixing_time": [None, "12:00"],
            "fixing_timezone": [None, "America/New_York"],
        }
    )
    prices = pd.DataFrame({"asset_code": "won", "price_date": ["2025-07-07", "2025-07-08"]})
    sessions = asset_sessions(assets, prices, date(2025, 7, 1), date(2025, 7, 31))
    events = pd.DataFrame(
        {
            "event_id": "letter",
            "asset_code": ["kospi", "won", "unpriced"],
            "study_date": "2025-07-08",
            "study_time": "01:20",
            "event_timezone": "Asia/Seoul",
        }
    )
    found = align(events, sessions).set_index("asset_code")
    assert found["session_date"].dt.strftime("%Y-%m-%d").to_dict() == {"kospi": "2025-07-08", "won": "2025-07-08"}
    assert found["session_number"].to_dict() == {"kospi": 6, "won": 2}
    assert set(found["event_at_utc"]) == {LETTER}
