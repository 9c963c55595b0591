"""FRED, the St. Louis Fed's collection: here only series that US agencies publish (Federal Reserve, EIA, BLS).

With a key the observations come as JSON, as they stand today; without one, as the csv behind the site's charts. Each
printing that differs becomes a vintage of ours; `vintages` (with a key) brings what FRED said before we first asked. `fredapi` is not used: it has no timeouts, puts the key into addresses
and needs pandas.

Refetched: each series whole, since any day may be revised; a key allows 120 requests a minute.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from orchestration.replies import (
    KEY,
    Call,
    ClosedError,
    NothingError,
    PassingError,
    RefusedError,
    Reply,
    read_csv,
    read_json,
)
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window

API = "https://api.stlouisfed.org/fred/series/observations"
CHART = "https://fred.stlouisfed.org/graph/fredgraph.csv"
ROWS_AT_MOST = 100_000
YEARS_A_CALL = 5
PRINTED_FROM = date(2010, 1, 1)
OBSERVED_FROM = date(2009, 1, 1)
SERIES = (
    *("DEXKOUS", "DTWEXBGS", "DGS3MO", "DGS2", "DGS10"),
    *("DCOILBRENTEU", "DCOILWTICO", "CPIAUCSL", "UNRATE"),
)


def whole_series(window: Window) -> Iterator[Request]:
    """Each series is one release, from its first day on, as it stands on the day of asking."""
    today = window.today.isoformat()
    for series in SERIES:
        call = Call(CHART, {"id": series})
        if window.has_key:
            params = {"series_id": series, "api_key": KEY, "file_type": "json", "sort_order": "asc"}
            call = Call(API, {**params, "limit": str(ROWS_AT_MOST), "realtime_start": today, "realtime_end": today})
        yield Request(call, window.first, window.today.replace(day=1), scope=series)


def vintages(window: Window) -> Iterator[Request]:
    """What each series said in the past, five years of its history a call: the service bears 2,000 printings in one."""
    for series in SERIES if window.has_key else ():
        for year in range(window.first.year, window.today.year + 1, YEARS_A_CALL):
            first = max(date(year, 1, 1), window.first)
            last = min(date(year + YEARS_A_CALL - 1, 12, 31), window.today)
            params = {"series_id": series, "api_key": KEY, "file_type": "json", "sort_order": "asc"}
            span = {"realtime_start": first.isoformat(), "realtime_end": last.isoformat()}
            observed = {"observation_start": OBSERVED_FROM.isoformat()}
            call = Call(API, {**params, "limit": str(ROWS_AT_MOST), **span, **observed})
            scope = f"{series} {first.year}-{last.year}"
            yield Request(call, first.replace(day=1), last.replace(day=1), scope=scope)


def read_vintages(reply: Reply) -> Page:
    """Rows with the days on which each value stood, as printed. A history that begins later is no error."""
    return Page(_observed(reply, "realtime_start", "realtime_end"))


def each_value_has_its_days(request: Request, rows: Sequence[Row]) -> None:
    """One value a day and day of printing, and none that was printed outside the days asked for."""
    asked = request.call.params
    try:
        spans = [(date.fromisoformat(row["realtime_start"]), date.fromisoformat(row["realtime_end"])) for row in rows]
    except ValueError:
        raise RefusedError("a value was printed on a day that is none") from None
    first, last = (date.fromisoformat(asked[name]) for name in ("realtime_start", "realtime_end"))
    if any(start > end or start > last or end < first for start, end in spans):
        raise RefusedError("a value stood on days that were not asked for")
    keys = {(row["observation_date"], row["realtime_start"]) for row in rows}
    if len(keys) != len(rows):
        raise RefusedError(f"the reply gives {len(rows) - len(keys)} values twice")


def read_series(reply: Reply) -> Page:
    """Rows named as in the archive: `series_id`, `observation_date`, `value`; `.` or nothing is a day without a value."""
    rows = _of_chart(reply) if reply.call.url == CHART else _of_api(reply)
    try:
        days = [date.fromisoformat(row["observation_date"]) for row in rows]
    except ValueError:
        raise RefusedError(f"the reply has a date that is no day: {reply.opening}") from None
    if not days:
        raise RefusedError("the series has no observation, though it had")
    return Page(rows, period=(min(days).replace(day=1), max(days).replace(day=1)))


def _of_api(reply: Reply) -> list[Row]:
    return _observed(reply)


def _observed(reply: Reply, *more: str) -> list[Row]:
    found = read_json(reply)
    observed = found.get("observations") if isinstance(found, dict) else None
    if not isinstance(observed, list):
        raise RefusedError(f"the reply has no list of observations: {reply.opening}")
    if found.get("count") != len(observed):
        raise PassingError(f"the reply holds {len(observed):,} observations and says there are {found.get('count')}")
    series = reply.call.params["series_id"]
    try:
        rows = [
            {"series_id": series, "observation_date": row["date"], "value": row["value"]}
            | {name: row[name] for name in more}
            for row in observed
        ]
    except (KeyError, TypeError):
        raise RefusedError(f"an observation has no date or no value: {reply.opening}") from None
    if not all(isinstance(cell, str) for row in rows for cell in row.values()):
        raise RefusedError(f"an observation holds what is not text: {reply.opening}")
    return rows


def _of_chart(reply: Reply) -> list[Row]:
    series = reply.call.params["id"]
    rows = read_csv(reply)
    if not rows or list(rows[0]) != ["observation_date", series]:
        raise RefusedError(f"the reply is not the csv of {series}: {reply.opening}")
    return [{"series_id": series, "observation_date": row["observation_date"], "value": row[series]} for row in rows]


def each_day_once_in_order(request: Request, rows: Sequence[Row]) -> None:
    days = [row["observation_date"] for row in rows]
    if days != sorted(set(days)):
        raise RefusedError("the days of the series are out of order or given twice")


def judge(reply: Reply) -> None:
    """A wrong key is a 400 as a wrong series is, or a series without a history then; only the text tells them apart."""
    if reply.status in (400, 403) and "api_key" in reply.opening:
        raise ClosedError(f"the key is refused: {reply.opening}")
    if reply.status == 400 and "does not exist in ALFRED" in reply.opening:
        raise NothingError("the series has no history of those days")


SOURCE = Source(
    name="fred",
    publisher="Federal Reserve Bank of St. Louis (series of the Federal Reserve Board, EIA and BLS)",
    homepage="https://fred.stlouisfed.org/",
    licence="The series kept here are works of the United States government, public domain; cite the agency",
    tables=(
        RawTable(
            name="observations",
            columns=("series_id", "observation_date", "value"),
            grain="One row per series and day (or first day of the month); one release is one series whole. "
            "A blank or `.` is a day without a value, such as a holiday.",
            unit="unit of the series",
            release_lag_days=15,
            fetch=Fetch(
                plan=whole_series,
                read=read_series,
                first_open=lambda today: today.replace(day=1),
                open_status="final",
                check=each_day_once_in_order,
                earliest=date(1947, 1, 1),
                fresh=timedelta(hours=20),
            ),
        ),
        RawTable(
            name="vintages",
            columns=("series_id", "observation_date", "value", "realtime_start", "realtime_end"),
            grain="One row per series, day and run of days (`realtime_start` to `realtime_end`) on which FRED said that "
            "value; runs are cut at the first and last day asked for.",
            unit="unit of the series",
            release_lag_days=None,
            fetch=Fetch(
                plan=vintages,
                read=read_vintages,
                first_open=lambda today: date(today.year - today.year % YEARS_A_CALL, 1, 1),
                refetch_from=lambda today: PRINTED_FROM,
                open_status="final",
                check=each_value_has_its_days,
                earliest=PRINTED_FROM,
                fresh=timedelta(days=30),
            ),
        ),
    ),
    access=Access(
        key_from="A free key comes with an account on https://fredaccount.stlouisfed.org/apikeys.",
        key_is_optional=True,
        calls=1,
        seconds=1,
        at_once=1,
        judge=judge,
    ),
)
