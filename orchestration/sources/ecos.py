"""Bank of Korea, ECOS: the won's basic rate against the dollar, and the base rate.

The key is part of the path; an error comes with status 200. No maintained client of ECOS handles either.

Refetched: the last three months. ECOS states no quota; this asks one call a second.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply, read_json
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

API = f"https://ecos.bok.or.kr/api/StatisticSearch/{KEY}/json/kr"
ROWS_A_PAGE = 10_000
# Table and item of each daily series.
SERIES = (("731Y001", "0000001"), ("722Y001", "0101000"))
COLUMNS = ("STAT_CODE", "ITEM_CODE1", "UNIT_NAME", "TIME", "DATA_VALUE")
PASSING = {"ERROR-400", "ERROR-500", "ERROR-600", "ERROR-601"}
CLOSED = {"INFO-100": "the key is refused", "ERROR-602": "the calls allowed are used up"}


def daily_series(window: Window) -> Iterator[Request]:
    end = month_after(window.last) - timedelta(days=1)
    for table, item in SERIES:
        call = _page(f"{table}/D/{window.first:%Y%m%d}/{end:%Y%m%d}/{item}", 1)
        yield Request(call, window.first, window.last, scope=f"{table}.{item}")


def _page(asked: str, first: int) -> Call:
    return Call(f"{API}/{first}/{first + ROWS_A_PAGE - 1}/{asked}")


def read_observations(reply: Reply) -> Page:
    """One page, and the call for the next while the count of rows says that there is more."""
    found = read_json(reply)
    if not isinstance(found, dict):
        raise RefusedError(f"the reply is no object: {reply.opening}")
    if "RESULT" in found:
        return _explained(found["RESULT"], reply)
    try:
        total, rows = int(found["StatisticSearch"]["list_total_count"]), found["StatisticSearch"]["row"]
        page = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise RefusedError(f"the reply has no list of rows: {reply.opening}") from None
    first, asked = reply.call.url.removeprefix(f"{API}/").split("/", 2)[::2]
    expected = max(0, min(ROWS_A_PAGE, total - int(first) + 1))
    if len(page) != expected:
        raise PassingError(f"the page from row {first} holds {len(page):,} rows and should hold {expected:,}")
    after = int(first) + ROWS_A_PAGE
    return Page(page, following=_page(asked, after) if after <= total else None)


def _explained(result: object, reply: Reply) -> Page:
    code = str(result.get("CODE")) if isinstance(result, dict) else ""
    if code == "INFO-200":
        return Page([])
    if code in CLOSED:
        raise ClosedError(f"{CLOSED[code]}: {reply.opening}")
    raise (PassingError if code in PASSING else RefusedError)(f"the Bank of Korea says: {reply.opening}")


def each_day_once(request: Request, rows: Sequence[Row]) -> None:
    """Of the series that was asked for, each day once."""
    if {f"{row.get('STAT_CODE')}.{row.get('ITEM_CODE1')}" for row in rows} - {request.scope}:
        raise RefusedError(f"the reply holds another series than {request.scope}")
    days = [row.get("TIME") for row in rows]
    if len(set(days)) != len(days):
        raise RefusedError(f"the reply gives {len(days) - len(set(days))} days twice")


SOURCE = Source(
    name="ecos",
    publisher="Bank of Korea",
    homepage="https://ecos.bok.or.kr/",
    licence="Free reuse with the source named",
    tables=(
        RawTable(
            name="observations",
            columns=COLUMNS,
            grain="One row per series (`STAT_CODE` and `ITEM_CODE1`) and day. A day off has no row.",
            unit="unit of the series",
            release_lag_days=1,
            fetch=Fetch(
                plan=daily_series,
                read=read_observations,
                first_open=lambda today: month_after(today.replace(day=1), -2),
                open_status="final",
                check=each_day_once,
                earliest=date(1999, 1, 1),
            ),
        ),
    ),
    access=Access(
        key_from="A free key comes with an account on https://ecos.bok.or.kr/api/.",
        calls=1,
        seconds=1,
        at_once=1,
        day_zone="Asia/Seoul",
    ),
)
