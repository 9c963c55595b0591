"""Which session of a venue an event falls into: the first whose close comes after it. Days are never shifted by a calendar.

An asset with an exchange has the sessions of that exchange (`exchange-calendars` knows its holidays and early closes). A
fixing has no exchange: its sessions are the days for which its publisher printed a value, closed at the hour of the fixing.
"""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

OBSERVED = "observed"
NOON = "12:00"
LONGEST_WAIT = pd.Timedelta(days=14)


def in_utc(day: str, hour: str | None, zone: str) -> pd.Timestamp:
    """A local day and hour as UTC without a zone. A day alone counts as its noon: mid-session, whatever the hour was."""
    local = pd.Timestamp(f"{day} {hour or NOON}").tz_localize(zone)
    return local.tz_convert("UTC").tz_localize(None)


def exchange_sessions(calendar_code: str, first: date, last: date) -> pd.DataFrame:
    """One row per session of an exchange from first to last, as far as its calendar is known: its day and close in UTC."""
    import exchange_calendars  # a second to import, and only a venue with an exchange needs it

    kind = exchange_calendars.get_calendar(calendar_code).__class__
    earliest, latest = kind.bound_min(), kind.bound_max()
    start = max(day for day in (pd.Timestamp(first), earliest) if day is not None)
    end = min(day for day in (pd.Timestamp(last), latest) if day is not None)
    if end <= start:
        return pd.DataFrame({"session_date": pd.DatetimeIndex([]), "closes_at_utc": pd.DatetimeIndex([])})
    known = exchange_calendars.get_calendar(calendar_code, start=start, end=end)
    closes = known.closes
    return pd.DataFrame({"session_date": closes.index, "closes_at_utc": closes.dt.tz_convert(None).to_numpy()})


def fixing_sessions(days: pd.Series, fixing_time: str, zone: str) -> pd.DataFrame:
    """One row per day with a value: the day, and the hour of its fixing in UTC, which moves with summer time."""
    dates = pd.Series(pd.to_datetime(days).sort_values().unique())
    local = (dates + pd.Timedelta(f"{fixing_time}:00")).dt.tz_localize(zone)
    return pd.DataFrame({"session_date": dates, "closes_at_utc": local.dt.tz_convert("UTC").dt.tz_localize(None)})


def asset_sessions(assets: pd.DataFrame, prices: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """One row per asset and session, numbered from 1.

    Takes `asset_code`, `venue_calendar`, `fixing_time`, `fixing_timezone` of each asset, and `asset_code`, `price_date` of
    the prices. `first` and `last` bound the sessions of exchanges; a fixing has all days on which it was printed.
    """
    exchanges = sorted(set(assets["venue_calendar"]) - {OBSERVED})
    known = {code: exchange_sessions(code, first, last) for code in exchanges}
    found = [_numbered(asset, known, prices) for asset in assets.to_dict("records")]
    columns = {"asset_code": "str", "session_number": "int64"}
    return pd.concat(found, ignore_index=True).astype(columns) if found else pd.DataFrame(columns=list(columns))


def _numbered(asset: dict[Any, Any], known: dict[str, pd.DataFrame], prices: pd.DataFrame) -> pd.DataFrame:
    if asset["venue_calendar"] == OBSERVED:
        days = prices.loc[prices["asset_code"] == asset["asset_code"], "price_date"]
        sessions = fixing_sessions(days, asset["fixing_time"], asset["fixing_timezone"])
    else:
        sessions = known[asset["venue_calendar"]]
        if isinstance(asset["fixing_time"], str):  # a price of another hour than the close, on the exchange's days
            sessions = fixing_sessions(sessions["session_date"], asset["fixing_time"], asset["fixing_timezone"])
    return sessions.assign(asset_code=asset["asset_code"], session_number=np.arange(1, len(sessions) + 1))


def event_session(event_at_utc: pd.Timestamp, closes_at_utc: pd.Series) -> int | None:
    """Position of the first session that closes after the event; none if it lies outside what is known."""
    position = int(closes_at_utc.searchsorted(event_at_utc, side="right"))
    if position == len(closes_at_utc) or closes_at_utc.iloc[position] - event_at_utc > LONGEST_WAIT:
        return None
    return position


def align(events: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """The session of each event on each of its assets; a pair without a session is left out.

    Takes one row per event and asset with `study_date`, `study_time`, `event_timezone`, and the result of `asset_sessions`.
    """
    by_asset = {code: group.sort_values("session_number") for code, group in sessions.groupby("asset_code")}
    rows = []
    for event in events.to_dict("records"):
        hour = event["study_time"] if isinstance(event["study_time"], str) else None
        moment = in_utc(str(event["study_date"])[:10], hour, event["event_timezone"])
        known = by_asset.get(event["asset_code"])
        position = None if known is None else event_session(moment, known["closes_at_utc"])
        if known is not None and position is not None:
            session = known.iloc[position]
            rows.append(
                (event["event_id"], event["asset_code"], moment, session["session_date"], session["session_number"])
            )
    columns = ["event_id", "asset_code", "event_at_utc", "session_date", "session_number"]
    return pd.DataFrame(rows, columns=columns)
