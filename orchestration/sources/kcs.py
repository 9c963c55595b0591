"""Korea Customs Service: what Korea's own customs says. Exports FOB, imports CIF, by date of acceptance."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from orchestration import hs_list
from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply, UsedUpError, read_xml
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

GATEWAY = "https://apis.data.go.kr/1220000"
TOTAL = "총계"
REVISED_MONTHS = 14
# Korea's trade of a month has been between 10 and 100 billion dollars: a printing in thousands is far outside.
PLAUSIBLE_MONTH_USD = (Decimal(2_000_000_000), Decimal(500_000_000_000))
# Ten days of it have been above half a billion; in dollars instead of thousands they are far outside.
PLAUSIBLE_FLASH_THOUSAND_USD = (Decimal(500_000), Decimal(200_000_000))
# All goods of a partner together: iron ore costs some 0.1 dollars a kilogram, chips by air some 200.
PLAUSIBLE_USD_PER_KG = (Decimal("0.02"), Decimal(1_000))
FEWEST_KG_TO_JUDGE = Decimal(10_000_000)
ROUNDING = Decimal("0.001")
FLASH_TOTAL, *FLASH_ITEMS = FLASH_CELLS = tuple(f"itemUsdAmt{place:02}" for place in range(11))
# Asked for where no partner is named: the United States and the twelve others with the most trade.
PARTNERS = ("US", "CN", "JP", "VN", "TW", "HK", "SG", "IN", "AU", "DE", "MX", "MY", "SA")
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


def national_years(window: Window) -> Iterator[Request]:
    """A year a call: the service prints a month a row, and a grand total that is left out."""
    for first, last in window.years():
        yield Request(service("Newtrade/getNewtradeList", first, last), first, last)


def partner_months(window: Window) -> Iterator[Request]:
    """A partner and a month a call, every ten-digit code at once: 13 partners and 24 months are 312 calls."""
    for first, last in window.spans():
        for partner in window.partners or PARTNERS:
            call = service("nitemtrade/getNitemtradeList", first, last, cntyCd=partner)
            yield Request(call, first, last, scope=partner)


def flash_years(operation: str) -> Callable[[Window], Iterator[Request]]:
    """A year a call: three rows a month, for the days up to the tenth, the twentieth and the last."""

    def plan(window: Window) -> Iterator[Request]:
        for first, last in window.years():
            yield Request(service(f"{operation}/get{operation[0].upper()}{operation[1:]}", first, last), first, last)

    return plan


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


def read_months(month: str) -> Callable[[Reply], Page]:
    """Items of several months, which need not reach as far as was asked: the release covers the months that it holds."""

    def read(reply: Reply) -> Page:
        page = read_items(reply)
        found = [re.fullmatch(r"(\d{4})\.?(0[1-9]|1[0-2])", row.get(month, "").strip()) for row in page.rows]
        months = sorted(date(int(each[1]), int(each[2]), 1) for each in found if each)
        return Page(page.rows, period=(months[0], months[-1]) if months else None)

    return read


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


def whole_nation(request: Request, rows: Sequence[Row]) -> None:
    right_months(request, rows)
    told_once(rows, "year")
    adds_up(rows, "expDlr", "impDlr")
    low, high = PLAUSIBLE_MONTH_USD
    for row in rows:
        for value in ("expDlr", "impDlr") if row.get("year", "").strip() != TOTAL else ():
            printed = number(row.get(value, ""))
            if printed is not None and not low <= printed <= high:
                month = row.get("year") or "an item without a month"
                raise RefusedError(f"{value} of {month} is {printed:,}, no month's trade in USD: the unit changed")


def one_partner(request: Request, rows: Sequence[Row]) -> None:
    """Ten-digit codes of the partner that was asked for; they make the total, and a kilogram has a price."""
    right_months(request, rows)
    items = [row for row in rows if row.get("year", "").strip() != TOTAL]
    told_once(items, "year", "statCd", "hsCd")
    strange = sorted({row.get("statCd", "") for row in items if row.get("statCd", "").strip().upper() != request.scope})
    if strange:
        raise RefusedError(f"the reply speaks of {', '.join(strange[:5])}, and {request.scope} was asked for")
    wrong = sorted(code for code in {row.get("hsCd", "").strip() for row in items} if not re.fullmatch(r"\d{10}", code))
    if wrong:
        raise RefusedError(f"codes are not ten digits: {', '.join(wrong[:5])}")
    adds_up(rows, "expDlr", "impDlr")
    low, high = PLAUSIBLE_USD_PER_KG
    for flow in ("exp", "imp"):
        dollars, kilograms = (
            sum((number(row.get(f"{flow}{cell}", "")) or Decimal(0) for row in items), Decimal(0))
            for cell in ("Dlr", "Wgt")
        )
        if kilograms >= FEWEST_KG_TO_JUDGE and not low <= dollars / kilograms <= high:
            raise RefusedError(
                f"{flow}Dlr is {dollars / kilograms:.4f} USD a kilogram over all goods: a unit changed, of value or of weight"
            )


def flash_figures(request: Request, rows: Sequence[Row]) -> None:
    """Cells that have labels, each window of a month once, totals in thousand dollars that do not fall within a month."""
    right_months(request, rows, "priodMon")
    told_once(rows, "priodMon", "priodDt")
    strange = sorted({name for row in rows for name in row if name.startswith("itemUsdAmt")} - set(FLASH_CELLS))
    if strange:
        raise RefusedError(
            f"the reply has the column {', '.join(strange)}, for which no label is held: "
            "look up its meaning, and teach it seeds/reference/flash_items.csv and the staging models"
        )
    low, high = PLAUSIBLE_FLASH_THOUSAND_USD
    before: dict[str, Decimal] = {}
    for row in sorted(rows, key=lambda row: (row.get("priodMon", "").strip(), row.get("priodDt", "").strip())):
        month, window = row.get("priodMon", "").strip(), row.get("priodDt", "").strip()
        total = number(row.get(FLASH_TOTAL, ""))
        if total is None:
            continue
        if not low <= total <= high:
            raise RefusedError(
                f"the total of {month} {window} is {total:,}, no trade in thousand USD: the unit changed"
            )
        if total < before.get(month, total):
            raise RefusedError(f"the total of {month} {window} is {total:,}, less than that of fewer days")
        before[month] = total


def january_before(today: date) -> date:
    """Flash figures are compared with those of a year earlier, so both years are asked for."""
    return date(today.year - 1, 1, 1)


def flash_table(name: str, operation: str, what: str) -> RawTable:
    return RawTable(
        name=name,
        columns=("priodYear", "priodMon", "priodDt", *FLASH_CELLS),
        grain=f"One row per month and window of it (days 1-10, 1-20, 1-last): {what} since the first of the month, "
        "in total (`itemUsdAmt00`) and of ten items, by place. Provisional: counted before corrections.",
        unit="thousand USD",
        release_lag_days=1,
        partial_from_day=11,
        fetch=Fetch(
            plan=flash_years(operation),
            read=read_months("priodMon"),
            first_open=january_before,
            settled_status="flash",
            open_status="flash",
            check=flash_figures,
            earliest=date(2016, 1, 1),
        ),
    )


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
            name="national_trade",
            columns=("year", "expDlr", "impDlr"),
            grain="One row per month, both flows of the whole country, as the service `Newtrade` prints them. "
            "A row named 총계 is the grand total of the months asked for.",
            unit="USD",
            release_lag_days=15,
            fetch=Fetch(
                plan=national_years,
                read=read_months("year"),
                first_open=first_open,
                refetch_from=may_be_revised,
                check=whole_nation,
                fresh=FRESH,
            ),
        ),
        RawTable(
            name="item_trade",
            columns=("year", "hsCd", "statCd", "expWgt", "expDlr", "impWgt", "impDlr"),
            grain="One row per ten-digit HS code, partner and month, both flows with their weight in kg, as the service "
            "`nitemtrade` prints them for the partners asked for. A row named 총계 is the grand total of a partner and month.",
            unit="USD",
            release_lag_days=15,
            fetch=Fetch(
                plan=partner_months,
                read=read_items,
                first_open=first_open,
                refetch_from=may_be_revised,
                check=one_partner,
                fresh=FRESH,
                earliest=date(2007, 1, 1),
            ),
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
        RawTable(
            name="hs_codes",
            columns=hs_list.COLUMNS,
            grain="One row per ten-digit code of Korea's tariff and span of days: its names and units. A file of the portal, by hand.",
            unit="text",
            release_lag_days=None,
            fetch=Fetch(
                plan=hs_list.newest_list,
                read=hs_list.no_reply,
                first_open=january_before,
                open_status="final",
                fresh=timedelta(),
                bulk=hs_list.BULK,
            ),
        ),
        flash_table("flash_product_exports", "prlstMmUtPrviExpAcrs", "exports"),
        flash_table("flash_partner_exports", "cntyMmUtPrviExpAcrs", "exports"),
        flash_table("flash_product_imports", "prlstMmUtPrviImpAcrs", "imports"),
        flash_table("flash_partner_imports", "cntyMmUtPrviImpAcrs", "imports"),
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
