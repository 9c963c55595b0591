"""UN Comtrade: what every reporting country's customs told the United Nations. Exports FOB, imports mostly CIF.

Without a key the public preview answers at most 500 rows a call, so it is asked flow by flow and for totals alone.
`comtradeapicall` is not used: it puts the key into addresses, prints errors instead of raising them and needs pandas.

Refetched: the last 24 months, which reporters go on revising; a free key allows 500 calls a day of 100,000 rows each.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from orchestration.errors import EntrepotError
from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply, UsedUpError, read_json
from orchestration.settings import PROJECT
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

KEYED = "https://comtradeapi.un.org/data/v1/get"
PREVIEW = "https://comtradeapi.un.org/public/v1/preview"
ROWS_KEYED = 100_000
ROWS_PREVIEW = 500
LONGEST_PERIODS = 12

# Asked for where no partner is named: the ten whose books hold about half of the world's trade and most of Korea's.
REPORTERS = ("KR", "US", "CN", "JP", "DE", "VN", "NL", "MX", "SG", "HK")
# Of annual exports, where no reporter is named: sixty that sell more than nine tenths of what the world exports.
EXPORTERS = (
    *REPORTERS,
    *("FR", "IT", "GB", "CA", "BE", "ES", "RU", "AE", "CH", "IN", "PL", "AU", "BR", "TH", "MY", "SA", "ID", "TR"),
    *("IE", "CZ", "AT", "SE", "HU", "DK", "NO", "RO", "SK", "IL", "ZA", "CL", "PH", "QA", "UA", "FI", "PT", "AR"),
    *("KZ", "NG", "PE", "KW", "GR", "CO", "SI", "LT", "BG", "NZ", "EC", "HR", "MA", "EG"),
)
# Where Comtrade's code is not the country's M49 code, because the customs territory is wider than the country.
OWN_CODES = {"US": "842", "FR": "251", "IN": "699", "NO": "579", "CH": "757"}
# One mode of transport, one customs procedure, one second partner: all of them, else rows overlap.
TOTALS_ONLY = {"partner2Code": "0", "customsCode": "C00", "motCode": "0"}
COLUMNS = (
    *("typeCode", "freqCode", "period", "reporterCode", "flowCode", "partnerCode", "partner2Code"),
    *("classificationCode", "cmdCode", "customsCode", "motCode", "qtyUnitCode", "qty", "netWgt"),
    *("cifvalue", "fobvalue", "primaryValue", "isReported", "isAggregate"),
)


@cache
def reporter_code(iso2: str) -> str:
    """Comtrade's number for a country. Raises `EntrepotError` where it is none."""
    if iso2 in OWN_CODES:
        return OWN_CODES[iso2]
    with (PROJECT / "seeds" / "reference" / "countries.csv").open(encoding="utf-8", newline="") as lines:
        for country in csv.DictReader(lines):
            if country["iso2"] == iso2 and country["m49"]:
                return str(int(country["m49"]))
    raise EntrepotError(
        f"comtrade knows no reporter {iso2!r}. Nothing was asked. Name countries by two letters, such as KR,US."
    )


def _request(window: Window, frequency: str, reporter: str, months: tuple[date, date], **asked: str) -> Request:
    first, last = months
    if frequency == "A":
        periods = [str(year) for year in range(first.year, last.year + 1)]
        last = date(last.year, 12, 1)
    else:
        spans = Window(first=first, last=last, today=window.today).spans()
        periods = [f"{month:%Y%m}" for month, _ in spans]
    limit = ROWS_KEYED if window.has_key else ROWS_PREVIEW
    params = {
        "reporterCode": reporter,
        "period": ",".join(periods),
        **TOTALS_ONLY,
        **asked,
        "maxRecords": str(limit),
        "format": "JSON",
        "includeDesc": "false",
    }
    headers = {"Ocp-Apim-Subscription-Key": KEY} if window.has_key else {}
    base = KEYED if window.has_key else PREVIEW
    scope = reporter if window.has_key else f"{reporter}:{asked['flowCode']}"
    return Request(Call(f"{base}/C/{frequency}/HS", params, headers), first, last, scope=scope)


def _reporters(window: Window, usual: Sequence[str] = REPORTERS) -> list[str]:
    return [reporter_code(iso2) for iso2 in window.partners or usual]


def monthly_totals(window: Window) -> Iterator[Request]:
    """Totals with every partner: twelve months of a reporter in one call, or one month and one flow without a key."""
    for reporter in _reporters(window):
        for months in window.spans(LONGEST_PERIODS if window.has_key else 1):
            for flows in ("X,M",) if window.has_key else ("X", "M"):
                yield _request(window, "M", reporter, months, cmdCode="TOTAL", flowCode=flows)


def monthly_chapters(window: Window) -> Iterator[Request]:
    """HS chapters with every partner, a month of a reporter in one call; 500 rows would not hold it."""
    for reporter in _reporters(window) if window.has_key else ():
        for months in window.spans():
            yield _request(window, "M", reporter, months, cmdCode="AG2", flowCode="X,M")


def annual_exports(window: Window) -> Iterator[Request]:
    """HS headings to the world, a year of a reporter in one call: what comparative advantage is measured on."""
    for reporter in _reporters(window, EXPORTERS) if window.has_key else ():
        for year in range(window.first.year, window.last.year + 1):
            months = date(year, 1, 1), date(year, 12, 1)
            yield _request(window, "A", reporter, months, cmdCode="AG4", flowCode="X", partnerCode="0")


def read_data(reply: Reply) -> Page:
    """The rows, numbers as they are written. A page as long as was asked for is cut off, and refused."""
    found = read_json(reply)
    if not isinstance(found, dict) or not isinstance(found.get("data"), list):
        raise RefusedError(f"the reply has no list of data: {reply.opening}")
    if found.get("error"):
        raise RefusedError(f"Comtrade says: {str(found['error'])[:160]}")
    rows, count = found["data"], found.get("count")
    if count is not None and count != len(rows):
        raise PassingError(f"the reply holds {len(rows):,} rows and says it has {count:,}")
    limit = int(reply.call.params["maxRecords"])
    if len(rows) >= limit:
        raise RefusedError(
            f"the reply is as long as a reply may be ({limit:,} rows), so it is cut off. Ask for fewer months, or with a key"
        )
    if not all(isinstance(row, dict) for row in rows):
        raise RefusedError(f"the reply's data are not rows: {reply.opening}")
    return Page([{name: _text(value) for name, value in row.items()} for row in rows])


def _text(value: Any) -> str:
    """As JSON writes it; what is null is empty, which is unknown and not 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def as_asked(request: Request, rows: Sequence[Row]) -> None:
    """Only the reporter and the periods that were asked for, each series once."""
    reporter, periods = request.call.params["reporterCode"], set(request.call.params["period"].split(","))
    strange = [row for row in rows if row.get("reporterCode") != reporter or row.get("period") not in periods]
    if strange:
        raise RefusedError(
            f"the reply holds reporter {strange[0].get('reporterCode')!r} and period {strange[0].get('period')!r}, "
            "which were not asked for"
        )
    wide = [row for row in rows if any(row.get(name) not in (code, "") for name, code in TOTALS_ONLY.items())]
    if wide:
        raise RefusedError(
            "the reply splits rows by procedure, transport or second partner, though totals were asked for"
        )
    series = [(row["period"], row.get("flowCode"), row.get("partnerCode"), row.get("cmdCode")) for row in rows]
    if len(set(series)) != len(series):
        raise RefusedError(f"the reply says {len(series) - len(set(series))} series twice")


def judge(reply: Reply) -> None:
    """A key that is refused, or whose calls are used up, ends the run; used-up calls are no failure: the rest waits until tomorrow."""
    if reply.status in (401, 403):
        if "quota" in reply.opening.lower():
            raise UsedUpError(f"the calls of the day are used up: {reply.opening}")
        raise ClosedError(f"the key is refused (status {reply.status}): {reply.opening}")


def _fetch(plan: Any, first_open: Any, fresh: timedelta, earliest: date) -> Fetch:
    return Fetch(
        plan=plan,
        read=read_data,
        first_open=first_open,
        open_status="preliminary",
        check=as_asked,
        fresh=fresh,
        earliest=earliest,
    )


def _two_years_ago(today: date) -> date:
    return month_after(today.replace(day=1), -24)


SOURCE = Source(
    name="comtrade",
    publisher="United Nations Statistics Division",
    homepage="https://comtradeplus.un.org/",
    licence="UN Comtrade terms: no re-dissemination of the rows; what is derived from them may be published, source named",
    tables=(
        RawTable(
            name="monthly_trade",
            columns=COLUMNS,
            grain="One row per reporter, partner, flow and month: all goods. Partner 0 is the world.",
            unit="USD",
            release_lag_days=75,
            fetch=_fetch(monthly_totals, _two_years_ago, timedelta(days=6), date(2010, 1, 1)),
        ),
        RawTable(
            name="monthly_products",
            columns=COLUMNS,
            grain="One row per reporter, partner, flow, HS chapter and month. Partner 0 is the world.",
            unit="USD",
            release_lag_days=75,
            fetch=_fetch(monthly_chapters, _two_years_ago, timedelta(days=6), date(2010, 1, 1)),
            stays_in_landing=True,
        ),
        RawTable(
            name="annual_products",
            columns=COLUMNS,
            grain="One row per reporter, HS heading and year: exports to the world.",
            unit="USD",
            release_lag_days=90,
            fetch=_fetch(
                annual_exports, lambda today: date(today.year - 2, 1, 1), timedelta(days=30), date(1995, 1, 1)
            ),
        ),
    ),
    access=Access(
        key_from="A free key comes with an account on https://comtradedeveloper.un.org/.",
        key_is_optional=True,
        calls=1,
        seconds=1,
        at_once=1,
        daily_calls=500,
        daily_for_all=True,
        judge=judge,
    ),
)
