"""What a user declares of assets, held against what exists: exchanges, time zones, countries and other assets."""

from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

import pandas as pd

from orchestration.sessions import OBSERVED

REASON = "quarantine_reason"


def judged(rows: pd.DataFrame, listed: pd.DataFrame, countries: pd.DataFrame) -> pd.DataFrame:
    """The rows of `stg_inbox__assets`, each with what is wrong with it. A benchmark may be an asset of the same files."""
    if rows.empty:
        return rows.assign(**{REASON: pd.Series(dtype="str")})
    import exchange_calendars  # a second to import, and only a declared asset needs it

    calendars = exchange_calendars.get_calendar_names()
    project = set(listed["asset_code"])
    places = set(countries["iso3"])
    first: set[str] = set()
    ordered = rows.sort_values(["known_from", "release_id", "row_number"])
    reasons = []
    for row in ordered.astype(object).where(ordered.notna(), None).to_dict("records"):
        reason = row[REASON] or _known(row, project, first) or _place(row, calendars, places)
        reasons.append(reason)
        if reason is None:
            first.add(row["asset_code"])
    ordered = ordered.assign(**{REASON: pd.array(reasons, dtype="str")})
    return _with_benchmarks(ordered, project)


def _known(row: dict[Any, Any], project: set[str], first: set[str]) -> str | None:
    if row["asset_code"] in project:
        return "the project lists an asset of this code: bring its prices without declaring it, or choose another code"
    return "another file declares the same asset" if row["asset_code"] in first else None


def _place(row: dict[Any, Any], calendars: list[str], places: set[str]) -> str | None:
    if row["venue_calendar"] not in [OBSERVED, *calendars]:
        return f"no calendar {_shown(row['venue_calendar'])}{_near(row['venue_calendar'], calendars)}"
    if row["close_zone"] is not None and row["close_zone"] not in available_timezones():
        return f"no time zone {_shown(row['close_zone'])}{_near(row['close_zone'], available_timezones())}"
    if (row["close_time"] is None) != (row["close_zone"] is None):
        return "close_time and close_zone go together"
    unknown = [code for code in (row["countries"] or "").split(";") if code and code not in places]
    return f"no country {_shown(unknown[0])}{_near(unknown[0], places)}" if unknown else None


def _with_benchmarks(rows: pd.DataFrame, project: set[str]) -> pd.DataFrame:
    """An asset whose benchmark is refused is refused as well, until no more is."""
    while True:
        known = project | set(rows.loc[rows[REASON].isna(), "asset_code"])
        found = {}
        for place, row in rows[rows[REASON].isna()].iterrows():
            names = {
                "benchmark": row["benchmark_asset_code"],
                "second benchmark": row["second_benchmark_asset_code"],
                "asset of events_of": row["event_asset_code"],
            }
            for what, code in names.items():
                if isinstance(code, str) and (code not in known or code == row["asset_code"]):
                    found[place] = f"no {what} {_shown(code)}{_near(code, known - {row['asset_code']})}"
            if isinstance(names["second benchmark"], str) and not isinstance(names["benchmark"], str):
                found[place] = "a second benchmark needs a first"
        if not found:
            return rows
        rows = rows.assign(**{REASON: rows[REASON].where(~rows.index.isin(list(found)), rows.index.map(found.get))})


def judged_zones(zones: pd.DataFrame) -> pd.DataFrame:
    """One row per name of a time zone, with what is wrong with it, or null."""
    known = available_timezones()
    problems = [
        None if zone in known else f"no time zone {_shown(zone)}{_near(zone, known)}" for zone in zones["time_zone"]
    ]
    return zones.assign(problem=pd.array(problems, dtype="str"))


def _near(name: str, known: Any) -> str:
    """Names that resemble it, whatever the case of their letters."""
    by_lower = {code.lower(): code for code in sorted(known)}
    near = [by_lower[found] for found in get_close_matches(name.lower()[:60], list(by_lower), 3, 0.5)]
    return f"; nearest: {', '.join(near)}" if near else ""


def _shown(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:60]}…"
