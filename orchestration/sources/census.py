"""US Census Bureau: what America's own books say. Total exports FAS, general imports at customs value."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from orchestration.errors import EntrepotError
from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply, read_json, rows_of_table
from orchestration.settings import PROJECT
from orchestration.source import Access, Contract, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

INTLTRADE = "https://api.census.gov/data/timeseries/intltrade"
WORLD = "-"
REVISED_MONTHS = 14
# America's trade of a month, both flows, since 2010: a printing in thousands is far outside.
PLAUSIBLE_MONTH_USD = (50_000_000_000, 1_500_000_000_000)
# Korea's, by subheading. Of other partners nothing is known that would tell thousands from dollars.
PLAUSIBLE_PARTNER_USD = {"5800": (1_000_000_000, 100_000_000_000)}
CHAPTERS = tuple(f"{chapter:02}" for chapter in range(1, 100) if chapter != 77)
IMPORT_VALUES = ("GEN_VAL_MO", "GEN_CIF_MO", "GEN_CHA_MO")
CONSUMPTION_VALUES = ("CON_VAL_MO", "DUT_VAL_MO", "CAL_DUT_MO", "CON_CHA_MO")
BY_CHAPTER = {"COMM_LVL": "HS2", "SUMMARY_LVL": "DET"}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def months_of(flow: str, *columns: str, **chosen: str) -> Callable[[Window], Iterator[Request]]:
    """A month a call, every partner at once."""

    def plan(window: Window) -> Iterator[Request]:
        for first, last in window.spans():
            asked = {"get": ",".join(columns), **chosen, "time": f"{first:%Y-%m}", "key": KEY}
            yield Request(Call(f"{INTLTRADE}/{flow}/hs", asked), first, last)

    return plan


@cache
def partner_code(iso2: str) -> str:
    """Census's number for a country (Schedule C). Raises `EntrepotError` where it has none."""
    reference = PROJECT / "seeds" / "reference"
    with (reference / "countries.csv").open(encoding="utf-8", newline="") as lines:
        iso3 = [country["iso3"] for country in csv.DictReader(lines) if country["iso2"] == iso2]
    with (reference / "country_codes.csv").open(encoding="utf-8", newline="") as lines:
        for code in csv.DictReader(lines):
            if code["ledger_code"] == "census" and code["iso3"] in iso3:
                return code["publisher_code"]
    raise EntrepotError(
        f"census knows no partner {iso2!r}. Nothing was asked. Name countries by two letters, as KR,JP."
    )


def subheadings_of(flow: str, commodity: str, *columns: str) -> Callable[[Window], Iterator[Request]]:
    """A partner and a month a release, Korea where none is named: a call for each chapter, whose six-digit codes it asks for."""

    def plan(window: Window) -> Iterator[Request]:
        for first, last in window.spans():
            for partner in (partner_code(iso2) for iso2 in window.partners or ("KR",)):
                asked = {
                    "get": ",".join((commodity, *columns)),
                    "COMM_LVL": "HS6",
                    "SUMMARY_LVL": "DET",
                    "CTY_CODE": partner,
                    commodity: f"{CHAPTERS[0]}*",
                    "time": f"{first:%Y-%m}",
                    "key": KEY,
                }
                call = Call(f"{INTLTRADE}/{flow}/hs", asked)
                yield Request(call, first, last, scope=partner, calls=len(CHAPTERS))

    return plan


def variables(flow: str, *columns: str) -> Contract:
    """The Bureau's own list of what may be asked for, held against what is asked for."""

    def agree(reply: Reply) -> None:
        found = read_json(reply)
        known = found.get("variables") if isinstance(found, dict) else None
        if not isinstance(known, dict) or not known:
            raise PassingError(f"the list of variables is none: {reply.opening}")
        gone = [column for column in columns if column not in known]
        if gone:
            raise RefusedError(
                f"the Bureau's list of variables ({reply.call.url.rpartition('/')[2]}) no longer has {', '.join(gone)}: it was renamed or dropped. "
                "Look it up in the list, and teach the source module and its staging model"
            )

    return Contract(Call(f"{INTLTRADE}/{flow}/hs/variables.json"), agree)


def judge(reply: Reply) -> None:
    """A wrong key is answered by a page for people, with status 200."""
    start = reply.content[:4000].lower()
    if not start.lstrip().startswith(b"<"):
        return
    if b"key" in start and re.search(rb"(invalid|missing) key|valid key|api key|sign up", start):
        raise ClosedError("the Bureau answered with its page about a missing or invalid key")
    raise PassingError(f"the Bureau answered with a page, not with data: {reply.opening}")


def read_array(reply: Reply) -> Page:
    """An array of arrays, the header first, with all that was asked for; a name given twice keeps its first column.

    No content is no rows.
    """
    if reply.status == 204 or not reply.content.strip():
        return Page([])
    table = read_json(reply)
    if not isinstance(table, list) or not table or not all(isinstance(line, list) for line in table):
        raise RefusedError(f"the reply is not an array of arrays: {reply.opening}")
    if not all(isinstance(cell, str) or cell is None for line in table for cell in line):
        raise RefusedError("the reply holds what is not text")
    rows = rows_of_table([[cell or "" for cell in line] for line in table])
    gone = [name for name in reply.call.params.get("get", "").split(",") if rows and name not in rows[0]]
    if gone:
        raise RefusedError(
            f"the reply lacks the column {', '.join(gone)}; it has {', '.join(rows[0])}. "
            "The publisher renamed or dropped it: teach the source module and its staging model"
        )
    return Page(rows)


def read_chapter(commodity: str) -> Callable[[Reply], Page]:
    """The subheadings of one chapter, and the call for the next. A chapter without trade is an empty reply."""

    def read(reply: Reply) -> Page:
        page = read_array(reply)
        chapter = reply.call.params[commodity].rstrip("*")
        wrong = [row for row in page.rows if not re.fullmatch(rf"{chapter}\d{{4}}", row.get(commodity, ""))]
        if wrong:
            raise RefusedError(
                f"{wrong[0].get(commodity)!r} is no subheading of chapter {chapter}, which was asked for"
            )
        following = dict(pairwise(CHAPTERS)).get(chapter)
        call = Call(reply.call.url, {**reply.call.params, commodity: f"{following}*"}) if following else None
        return Page(page.rows, following=call)

    return read


def one_partner(value: str, commodity: str) -> Callable[[Request, Sequence[Row]], None]:
    """Each subheading once, of the partner and month asked for; together a month's trade in dollars; duty below its base."""

    def check(request: Request, rows: Sequence[Row]) -> None:
        seen = set()
        for row in rows:
            if (row.get("CTY_CODE"), row.get("time")) != (request.scope, f"{request.period_from:%Y-%m}"):
                raise RefusedError(
                    f"the reply speaks of {row.get('CTY_CODE')} in {row.get('time')}, which was not asked for"
                )
            if row[commodity] in seen:
                raise RefusedError(f"the reply has two rows for {row[commodity]}")
            seen.add(row[commodity])
            duty, base = _dollars(row, "CAL_DUT_MO"), _dollars(row, "CON_VAL_MO")
            if duty > base:
                raise RefusedError(
                    f"the duty of {row[commodity]} is {duty:,} on {base:,}: a unit changed, or the columns did"
                )
        traded = sum(_dollars(row, value) for row in rows)
        low, high = PLAUSIBLE_PARTNER_USD.get(request.scope, (0, traded))
        if rows and not low <= traded <= high:
            raise RefusedError(f"{value} adds up to {traded:,}, which is no month's trade in USD: the unit changed")

    return check


def _dollars(row: Row, value: str) -> int:
    printed = row.get(value, "")
    return int(printed) if re.fullmatch(r"-?\d+", printed) else 0


def whole(value: str, *key: str) -> Callable[[Request, Sequence[Row]], None]:
    """One row for each key and month asked for; partners make the world; the world is a month's trade in dollars."""

    def check(request: Request, rows: Sequence[Row]) -> None:
        seen = set()
        world, partners = 0, 0
        for row in rows:
            if row.get("time") != f"{request.period_from:%Y-%m}":
                raise RefusedError(f"the reply speaks of {row.get('time')}, which was not asked for")
            place = tuple(row.get(name, "") for name in key)
            if place in seen:
                raise RefusedError(f"the reply has two rows for {' '.join(place)}")
            seen.add(place)
            printed = int(row[value]) if re.fullmatch(r"-?[0-9]{1,18}", row.get(value, "")) else 0
            world += printed if row["CTY_CODE"] == WORLD else 0
            partners += printed if re.fullmatch(r"[1-9]\d{3}", row["CTY_CODE"]) else 0
        if rows and world and abs(world - partners) > world / 1000:
            raise RefusedError(f"partners' {value} add up to {partners:,} and the world is {world:,}: rows are missing")
        low, high = PLAUSIBLE_MONTH_USD
        if rows and value != "CON_VAL_MO" and not low <= partners <= high:
            raise RefusedError(f"{value} adds up to {partners:,}, which is no month's trade in USD: the unit changed")

    return check


def first_open(today: date) -> date:
    """The annual revision comes in June, with the figures of April, and settles the year before."""
    return date(today.year if today >= date(today.year, 7, 1) else today.year - 1, 1, 1)


def may_be_revised(today: date) -> date:
    """Each printing corrects the months of the running year; June's corrects three years before."""
    return date(today.year - 3, 1, 1) if today.month in (6, 7) else month_after(today.replace(day=1), -REVISED_MONTHS)


def by_subheading(flow: str, commodity: str, *columns: str) -> Fetch:
    return Fetch(
        plan=subheadings_of(flow, commodity, *columns),
        read=read_chapter(commodity),
        first_open=first_open,
        refetch_from=may_be_revised,
        settled_status="revised",
        check=one_partner(columns[0], commodity),
        contract=variables(flow, commodity, "CTY_CODE", *columns),
        fresh=timedelta(days=5),
        earliest=date(2010, 1, 1),
    )


def monthly(flow: str, value: str, *key: str, more: Sequence[str] = (), fewest_rows: int) -> Fetch:
    """All partners, a month a call: of all goods, or of each chapter where the key names one."""
    columns = (*key, "CTY_NAME", value, *(column for column in more if column != value))
    level = BY_CHAPTER if len(key) > 1 else {}
    return Fetch(
        plan=months_of(flow, *columns, **level),
        read=read_array,
        contract=variables(flow, *columns),
        first_open=first_open,
        refetch_from=may_be_revised,
        settled_status="revised",
        check=whole(value, *key),
        fresh=timedelta(days=5),
        fewest_rows=fewest_rows,
        earliest=date(2010, 1, 1),
    )


SOURCE = Source(
    name="census",
    publisher="United States Census Bureau",
    homepage="https://www.census.gov/foreign-trade/",
    licence="Work of the United States government, public domain",
    tables=(
        RawTable(
            name="country_imports",
            columns=("time", "CTY_CODE", "CTY_NAME", "GEN_VAL_MO"),
            grain="One row per partner and month: general imports (`GEN_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries.",
            unit="USD",
            release_lag_days=36,
            fetch=monthly(
                "imports", "GEN_VAL_MO", "CTY_CODE", more=(*IMPORT_VALUES, *CONSUMPTION_VALUES), fewest_rows=100
            ),
        ),
        RawTable(
            name="country_exports",
            columns=("time", "CTY_CODE", "CTY_NAME", "ALL_VAL_MO"),
            grain="One row per partner and month: total exports (`ALL_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries.",
            unit="USD",
            release_lag_days=36,
            fetch=monthly("exports", "ALL_VAL_MO", "CTY_CODE", fewest_rows=100),
        ),
        RawTable(
            name="country_workbook",
            columns=("year", "CTY_CODE", "CTYNAME", *(f"{flow}{month}" for flow in "IE" for month in MONTHS)),
            grain="One row per partner and year, twelve months of imports and of exports side by side, "
            "as in the workbook `country.xlsx`. Months that were not yet printed hold 0.",
            unit="million USD",
            release_lag_days=36,
        ),
        RawTable(
            name="chapter_imports",
            columns=("time", "I_COMMODITY", "CTY_CODE", "GEN_VAL_MO"),
            grain="One row per HS chapter, partner and month: general imports (`GEN_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries. Explicit zeros are kept.",
            unit="USD",
            release_lag_days=36,
            fetch=monthly("imports", "GEN_VAL_MO", "I_COMMODITY", "CTY_CODE", more=IMPORT_VALUES, fewest_rows=2_000),
        ),
        RawTable(
            name="duty_collected",
            columns=("time", "I_COMMODITY", "CTY_CODE", "CON_VAL_MO", "CAL_DUT_MO"),
            grain="One row per HS chapter, partner and month: imports for consumption (`CON_VAL_MO`) and the duty "
            "calculated on them (`CAL_DUT_MO`). `-` is the world; codes below 1000 and such as `5XXX` are groups.",
            unit="USD",
            release_lag_days=36,
            fetch=monthly(
                "imports", "CON_VAL_MO", "I_COMMODITY", "CTY_CODE", more=CONSUMPTION_VALUES, fewest_rows=2_000
            ),
        ),
        RawTable(
            name="chapter_exports",
            columns=("time", "E_COMMODITY", "CTY_CODE", "ALL_VAL_MO"),
            grain="One row per HS chapter, partner and month: total exports (`ALL_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries. Explicit zeros are kept.",
            unit="USD",
            release_lag_days=36,
            fetch=monthly("exports", "ALL_VAL_MO", "E_COMMODITY", "CTY_CODE", fewest_rows=2_000),
        ),
        RawTable(
            name="subheading_imports",
            columns=(
                *("time", "I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "GEN_CHA_MO"),
                *("CON_VAL_MO", "CON_CHA_MO", "DUT_VAL_MO", "CAL_DUT_MO"),
            ),
            grain="One row per HS subheading (six digits), partner asked for and month: general imports, imports for "
            "consumption, what freight and insurance add to either, and the duty. A release takes 98 calls, a chapter each.",
            unit="USD",
            release_lag_days=36,
            fetch=by_subheading("imports", "I_COMMODITY", *IMPORT_VALUES, *CONSUMPTION_VALUES),
        ),
        RawTable(
            name="subheading_exports",
            columns=("time", "E_COMMODITY", "CTY_CODE", "ALL_VAL_MO"),
            grain="One row per HS subheading (six digits), partner asked for and month: total exports. "
            "A release takes 98 calls, a chapter each.",
            unit="USD",
            release_lag_days=36,
            fetch=by_subheading("exports", "E_COMMODITY", "ALL_VAL_MO"),
        ),
    ),
    access=Access(
        key_from="ask for one at https://api.census.gov/data/key_signup.html (free, at once by mail).",
        calls=4,
        seconds=1,
        at_once=4,
        day_zone="America/New_York",
        judge=judge,
    ),
)
