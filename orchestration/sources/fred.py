"""FRED, the St. Louis Fed's collection: here only series that US agencies publish (Federal Reserve, EIA, BLS).

With a key the observations come as JSON, as they stand today; without one, as the csv behind the site's charts. Each
printing that differs becomes a vintage of ours. `fredapi` is not used: it has no timeouts, puts the key into addresses
and needs pandas.

Refetched: each series whole, since any day may be revised; a key allows 120 requests a minute.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply, read_csv, read_json
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window

API = "https://api.stlouisfed.org/fred/series/observations"
CHART = "https://fred.stlouisfed.org/graph/fredgraph.csv"
ROWS_AT_MOST = 100_000
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
    found = read_json(reply)
    observed = found.get("observations") if isinstance(found, dict) else None
    if not isinstance(observed, list):
        raise RefusedError(f"the reply has no list of observations: {reply.opening}")
    if found.get("count") != len(observed):
        raise PassingError(f"the reply holds {len(observed):,} observations and says there are {found.get('count')}")
    series = reply.call.params["series_id"]
    try:
        rows = [{"series_id": series, "observation_date": row["date"], "value": row["value"]} for row in observed]
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
    """A wrong key is a 400 as a wrong series is; only the text tells them apart."""
    if reply.status in (400, 403) and "api_key" in reply.opening:
        raise ClosedError(f"the key is refused: {reply.opening}")


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
