"""Korea Customs Service: what Korea's own customs says. Exports FOB, imports CIF, by date of acceptance."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply, UsedUpError, read_xml
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

GATEWAY = "https://apis.data.go.kr/1220000"
TOTAL = "총계"
REVISED_MONTHS = 14
# Korea's trade of a month has been between 10 and 100 billion dollars: a printing in thousands is far outside.
PLAUSIBLE_MONTH_USD = (Decimal(2_000_000_000), Decimal(500_000_000_000))
ROUNDING = Decimal("0.001")
FRESH = timedelta(days=5)
CHAPTERS = tuple(f"{chapter:02}" for chapter in range(1, 98) if chapter != 77)

# What the gateway's codes mean, and what a person can do. 1 and 99 may pass.
KEY_REFUSED = {
    "20": "no key came with the request (code 20)",
    "30": "the key is not registered, or this service was not applied for (code 30): apply for each service at data.go.kr",
    "31": "the key has expired (code 31): prolong it at data.go.kr",
    "32": "the key is bound to another address of the internet (code 32): change that at data.go.kr",
    "12": "the service does not exist or is closed (code 12)",
}


def service(operation: str, first: date, last: date, **more: str) -> Call:
    """All services take months as YYYYMM, twelve at most, and print the whole answer at once."""
    return Call(
        f"{GATEWAY}/{operation}",
        {"serviceKey": KEY, "strtYymm": f"{first:%Y%m}", "endYymm": f"{last:%Y%m}", **more},
    )


def country_months(window: Window) -> Iterator[Request]:
    """A month a call, for the grand total among the items spans the request. All partners come at once."""
    for first, last in window.spans():
        yield Request(service("nationtrade/getNationtradeList", first, last), first, last)


def subheadings(window: Window) -> Iterator[Request]:
    """A chapter and a year a call."""
    for first, last in window.spans(12):
        for chapter in CHAPTERS:
            call = service("Itemtrade/getItemtradeList", first, last, hsSgn=chapter)
            yield Request(call, first, last, scope=chapter)


def judge(reply: Reply) -> None:
    """The gateway's own layer, whatever the status: it speaks of keys, limits and its own faults."""
    if b"OpenAPI_ServiceResponse" not in reply.content[:1000]:
        return
    root = read_xml(reply)
    code = (root.findtext(".//returnReasonCode") or "").strip().lstrip("0")
    said = (root.findtext(".//returnAuthMsg") or root.findtext(".//errMsg") or "").strip()
    if code == "22":
        raise UsedUpError("the publisher says that the calls of this day are used up (code 22)")
    if code in KEY_REFUSED:
        raise ClosedError(KEY_REFUSED[code])
    if code in ("1", "99", ""):
        raise PassingError(f"the gateway says {said or 'nothing'} (code {code or 'missing'})")
    raise RefusedError(f"the gateway says {said or 'nothing'} (code {code})")


def read_items(reply: Reply) -> Page:
    """Items as printed: one dict each, by the publisher's element names. An empty list is no error; no list is one."""
    root = read_xml(reply)
    if root.tag != "response":
        raise PassingError(f"the reply is no answer of this service but <{root.tag}>: {reply.opening}")
    code = (root.findtext("header/resultCode") or "").strip()
    said = (root.findtext("header/resultMsg") or "").strip()
    if code == "22":
        raise UsedUpError("the publisher says that the calls of this day are used up (code 22)")
    if code != "00":
        may_pass = not said or re.search(r"unknown|알 ?수 ?없는|일시|timeout", said, re.IGNORECASE)
        raise (PassingError if may_pass else RefusedError)(f"the service says {said or 'nothing'} (code {code})")
    items = root.find("body/items")
    if items is None:
        raise PassingError("the service says that all is well but its reply has no list of items")
    rows = []
    for item in items.findall("item"):
        names = [cell.tag for cell in item]
        if len(set(names)) != len(names):
            raise RefusedError(f"an item names a cell twice: {', '.join(names)}")
        rows.append({cell.tag: cell.text or "" for cell in item})
    return Page(rows)


def number(text: str) -> Decimal | None:
    """A printed number, with blanks and thousands separators; None where it is none (staging sets such rows aside)."""
    plain = text.replace(",", "").strip()
    return Decimal(plain) if re.fullmatch(r"-?[0-9]{1,18}([.][0-9]{1,18})?", plain) else None


def right_months(request: Request, rows: Sequence[Row], month: str = "year") -> None:
    """No row speaks of a month that was not asked for. What is no month is staging's to set aside."""
    for row in rows:
        found = re.fullmatch(r"(\d{4})\.?(\d{2})", row.get(month, "").strip())
        if found and not f"{request.period_from:%Y%m}" <= "".join(found.groups()) <= f"{request.period_to:%Y%m}":
            raise RefusedError(f"the reply speaks of {row[month]}, which was not asked for")


def told_once(rows: Sequence[Row], *key: str) -> None:
    seen = set()
    for row in rows:
        place = tuple(row.get(name, "").strip().upper() for name in key)
        if place in seen:
            raise RefusedError(f"the reply has two rows for {' '.join(place)}")
        seen.add(place)


def adds_up(rows: Sequence[Row], *values: str) -> None:
    """The items make the grand total that stands first or last among them, if there is one."""
    totals = [row for row in rows if row.get("year", "").strip() == TOTAL]
    items = [row for row in rows if row.get("year", "").strip() != TOTAL]
    for value in values if totals else ():
        parts = sum((number(row.get(value, "")) or Decimal(0) for row in items), Decimal(0))
        total = number(totals[0].get(value, ""))
        if total is not None and abs(parts - total) > ROUNDING * abs(total):
            raise RefusedError(f"the items' {value} add up to {parts:,} and the total says {total:,}: rows are missing")


def whole_month(request: Request, rows: Sequence[Row]) -> None:
    right_months(request, rows)
    told_once(rows, "year", "statCd")
    adds_up(rows, "expDlr", "impDlr")
    low, high = PLAUSIBLE_MONTH_USD
    for value in ("expDlr", "impDlr"):
        items = (row.get(value, "") for row in rows if row.get("year", "").strip() != TOTAL)
        world = sum((number(text) or Decimal(0) for text in items), Decimal(0))
        if rows and not low <= world <= high:
            raise RefusedError(f"{value} adds up to {world:,}, which is no month's trade in USD: the unit changed")


def six_digits(request: Request, rows: Sequence[Row]) -> None:
    right_months(request, rows)
    told_once(rows, "year", "hsCode")
    codes = {row.get("hsCode", "").strip() for row in rows if row.get("year", "").strip() != TOTAL}
    wrong = sorted(code for code in codes if not re.fullmatch(rf"{request.scope}\d{{4}}", code))
    if wrong:
        raise RefusedError(f"codes are not the six-digit ones of chapter {request.scope}: {', '.join(wrong[:5])}")


def first_open(today: date) -> date:
    """The figures of a year become final late in the February after it."""
    return date(today.year if today >= date(today.year, 3, 1) else today.year - 1, 1, 1)


def may_be_revised(today: date) -> date:
    """Corrections of the last fourteen months are printed about the 15th; from February on that is the year before too."""
    return min(month_after(today.replace(day=1), -REVISED_MONTHS), first_open(today))


SOURCE = Source(
    name="kcs",
    publisher="Korea Customs Service",
    homepage="https://unipass.customs.go.kr/ets/",
    licence="Open government data of the Republic of Korea, free use with the source named",
    tables=(
        RawTable(
            name="country_totals",
            columns=("year", "statCd", "statCdCntnKor1", "expDlr", "impDlr"),
            grain="One row per partner and month, both flows, as the service `nationtrade` prints them. "
            "Rows named 총합 or 총계 are grand totals among the items; `NA` is Namibia.",
            unit="USD",
            release_lag_days=15,
            fetch=Fetch(
                plan=country_months,
                read=read_items,
                first_open=first_open,
                refetch_from=may_be_revised,
                check=whole_month,
                fresh=FRESH,
                fewest_rows=100,
            ),
        ),
        RawTable(
            name="national_totals",
            columns=("year", "month", "amo_ex", "amo_im"),
            grain="One row per month, both flows of the whole country, as the UNIPASS portal prints them. "
            "Some numbers carry thousands separators.",
            unit="thousand USD",
            release_lag_days=15,
        ),
        RawTable(
            name="set_exports",
            columns=("year", "hsCd", "statCd", "statCdCntnKor1", "expWgt", "expDlr"),
            grain="One row per set of HS codes, partner and month: exports and weight in kg, summed over the set. "
            "A set such as `8703+8708` is known only as the sum; sets do not overlap and do not cover all exports.",
            unit="USD",
            release_lag_days=15,
        ),
        RawTable(
            name="chip_trade",
            columns=("year", "hsCd", "statKor", "statCd", "statCdCntnKor1", "expWgt", "expDlr", "impWgt", "impDlr"),
            grain="One row per ten-digit code of memory chips (HS 854232), partner and month, both flows with their "
            "weight in kg. The ten-digit codes changed in January 2022; a weight of 0 beside a value means unknown.",
            unit="USD",
            release_lag_days=15,
        ),
        RawTable(
            name="subheading_exports",
            columns=("year", "hsCode", "expDlr"),
            grain="One row per HS subheading (six digits) and month: exports to the whole world. "
            "About 15 % of the values are a printed 0, most likely a code that was only imported that month.",
            unit="USD",
            release_lag_days=15,
            fetch=Fetch(
                plan=subheadings,
                read=read_items,
                first_open=first_open,
                refetch_from=may_be_revised,
                check=six_digits,
                fresh=FRESH,
            ),
        ),
    ),
    access=Access(
        key_from="apply for the service at https://www.data.go.kr/data/15101612/openapi.do (free, each service by itself).",
        calls=5,
        seconds=1,
        at_once=5,
        daily_calls=10_000,
        day_zone="Asia/Seoul",
        judge=judge,
    ),
)
