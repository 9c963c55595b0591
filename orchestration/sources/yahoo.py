"""Yahoo Finance: daily closes of four equity indices. Unofficial, and off until its terms are accepted.

One request for each index to the chart address that the site's own pages ask. `yfinance` is not used: it plays a browser
with cookies and crumbs, and brings pandas and a dozen more libraries. A refusal is told here and not evaded.

Refetched: the last two years of each index, of sessions that opened before today (UTC), so that none is still open.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from orchestration.replies import Call, ClosedError, RefusedError, Reply, read_json
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

CHART = "https://query1.finance.yahoo.com/v8/finance/chart"
# KOSPI, Nikkei 225, Hang Seng, S&P 500.
SYMBOLS = ("^KS11", "^N225", "^HSI", "^GSPC")
PRICES = ("open", "high", "low", "close", "volume")
COLUMNS = ("symbol", "session_date", "timestamp", "exchange_timezone", "currency", *PRICES)


def each_index(window: Window) -> Iterator[Request]:
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (window.first, window.today))
    for symbol in SYMBOLS:
        params = {"period1": f"{start.timestamp():.0f}", "period2": f"{end.timestamp():.0f}", "interval": "1d"}
        call = Call(f"{CHART}/{quote(symbol, safe='')}", params)
        yield Request(call, window.first, window.today.replace(day=1), scope=symbol)


def read_chart(reply: Reply) -> Page:
    """One row per session, by the day it opened at its exchange; empty where the service has no value."""
    result = _result(read_json(reply), reply)
    try:
        meta, opened = result["meta"], result.get("timestamp") or []
        zone = ZoneInfo(meta["exchangeTimezoneName"])
        quotes = result["indicators"]["quote"][0]
        cells = [quotes[name] for name in PRICES] if opened else []
        rows = [
            {
                "symbol": str(meta["symbol"]),
                "session_date": f"{datetime.fromtimestamp(moment, zone):%Y-%m-%d}",
                "timestamp": str(moment),
                "exchange_timezone": zone.key,
                "currency": str(meta.get("currency") or ""),
                **{name: _text(value) for name, value in zip(PRICES, values, strict=True)},
            }
            for moment, *values in zip(opened, *cells, strict=True)
            if moment < int(reply.call.params["period2"])
        ]
        days = [date.fromisoformat(row["session_date"]) for row in rows]
    except (KeyError, TypeError, ValueError, IndexError, OSError) as problem:
        raise RefusedError(f"the reply is no chart of sessions ({type(problem).__name__}): {reply.opening}") from None
    return Page(rows, period=(min(days).replace(day=1), max(days).replace(day=1)) if days else None)


def _result(found: Any, reply: Reply) -> dict[str, Any]:
    chart = found.get("chart") if isinstance(found, dict) else None
    if not isinstance(chart, dict):
        raise RefusedError(f"the reply has no chart: {reply.opening}")
    if chart.get("error"):
        raise RefusedError(f"Yahoo says: {str(chart['error'])[:160]}")
    match chart.get("result"):
        case [dict() as result]:
            return result
    raise RefusedError(f"the reply has no chart of one symbol: {reply.opening}")


def _text(value: float | int | None) -> str:
    return "" if value is None else format(Decimal(repr(value)), "f")


def as_asked(request: Request, rows: Sequence[Row]) -> None:
    """The index that was asked for, its days in order and each once."""
    if {row["symbol"] for row in rows} - {request.scope}:
        raise RefusedError(f"the reply holds another symbol than {request.scope}")
    days = [row["session_date"] for row in rows]
    if days != sorted(set(days)):
        raise RefusedError("the days of the index are out of order or given twice")


def judge(reply: Reply) -> None:
    if reply.status in (401, 403):
        raise ClosedError(f"Yahoo answers browsers alone just now (status {reply.status}): try another day")


SOURCE = Source(
    name="yahoo",
    publisher="Yahoo Finance (unofficial)",
    homepage="https://finance.yahoo.com/",
    licence="For your own use on this machine; Yahoo's terms forbid passing the data on",
    tables=(
        RawTable(
            name="quotes",
            columns=COLUMNS,
            grain="One row per index and session. `session_date` is the day at its exchange on which it opened.",
            unit="unit of the series",
            release_lag_days=None,
            fetch=Fetch(
                plan=each_index,
                read=read_chart,
                first_open=lambda today: month_after(today.replace(day=1), -24),
                open_status="final",
                check=as_asked,
                fresh=timedelta(hours=20),
            ),
        ),
    ),
    access=Access(
        terms="it is no official service and may change or refuse at any time, and its terms forbid passing the data on.",
        calls=1,
        seconds=2,
        at_once=1,
        largest_bytes=8_000_000,
        judge=judge,
    ),
)
