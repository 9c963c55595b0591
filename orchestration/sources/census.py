"""US Census Bureau: what America's own books say. Total exports FAS, general imports at customs value."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply, read_json, rows_of_table
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

INTLTRADE = "https://api.census.gov/data/timeseries/intltrade"
WORLD = "-"
REVISED_MONTHS = 14
# America's trade of a month, both flows, since 2010: a printing in thousands is far outside.
PLAUSIBLE_MONTH_USD = (50_000_000_000, 1_500_000_000_000)
IMPORT_VALUES = ("GEN_VAL_MO", "GEN_CIF_MO", "GEN_CHA_MO")
CONSUMPTION_VALUES = ("CON_VAL_MO", "DUT_VAL_MO", "CAL_DUT_MO", "CON_CHA_MO")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def months_of(flow: str, *columns: str, **chosen: str) -> Callable[[Window], Iterator[Request]]:
    """A month a call, every partner at once."""

    def plan(window: Window) -> Iterator[Request]:
        for first, last in window.spans():
            asked = {"get": ",".join(columns), **chosen, "time": f"{first:%Y-%m}", "key": KEY}
            yield Request(Call(f"{INTLTRADE}/{flow}/hs", asked), first, last)

    return plan


def judge(reply: Reply) -> None:
    """A wrong key is answered by a page for people, with status 200."""
    start = reply.content[:4000].lower()
    if not start.lstrip().startswith(b"<"):
        return
    if b"key" in start and re.search(rb"(invalid|missing) key|valid key|api key|sign up", start):
        raise ClosedError("the Bureau answered with its page about a missing or invalid key")
    raise PassingError(f"the Bureau answered with a page, not with data: {reply.opening}")


def read_array(reply: Reply) -> Page:
    """An array of arrays, the header first; a name given twice keeps its first column. No content is no rows."""
    if reply.status == 204 or not reply.content.strip():
        return Page([])
    table = read_json(reply)
    if not isinstance(table, list) or not table or not all(isinstance(line, list) for line in table):
        raise RefusedError(f"the reply is not an array of arrays: {reply.opening}")
    if not all(isinstance(cell, str) or cell is None for line in table for cell in line):
        raise RefusedError("the reply holds what is not text")
    return Page(rows_of_table([[cell or "" for cell in line] for line in table]))


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


def monthly(plan: Callable[[Window], Iterator[Request]], value: str, *key: str, fewest_rows: int) -> Fetch:
    return Fetch(
        plan=plan,
        read=read_array,
        first_open=first_open,
        refetch_from=may_be_revised,
        settled_status="revised",
        check=whole(value, *key),
        fresh=timedelta(days=5),
        fewest_rows=fewest_rows,
        earliest=date(2010, 1, 1),
    )


BY_CHAPTER = {"COMM_LVL": "HS2", "SUMMARY_LVL": "DET"}

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
                months_of("imports", "CTY_CODE", "CTY_NAME", *IMPORT_VALUES, *CONSUMPTION_VALUES),
                "GEN_VAL_MO",
                "CTY_CODE",
                fewest_rows=100,
            ),
        ),
        RawTable(
            name="country_exports",
            columns=("time", "CTY_CODE", "CTY_NAME", "ALL_VAL_MO"),
            grain="One row per partner and month: total exports (`ALL_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries.",
            unit="USD",
            release_lag_days=36,
            fetch=monthly(
                months_of("exports", "CTY_CODE", "CTY_NAME", "ALL_VAL_MO"), "ALL_VAL_MO", "CTY_CODE", fewest_rows=100
            ),
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
            fetch=monthly(
                months_of("imports", "I_COMMODITY", "CTY_CODE", "CTY_NAME", *IMPORT_VALUES, **BY_CHAPTER),
                "GEN_VAL_MO",
                "I_COMMODITY",
                "CTY_CODE",
                fewest_rows=2_000,
            ),
        ),
        RawTable(
            name="duty_collected",
            columns=("time", "I_COMMODITY", "CTY_CODE", "CON_VAL_MO", "CAL_DUT_MO"),
            grain="One row per HS chapter, partner and month: imports for consumption (`CON_VAL_MO`) and the duty "
            "calculated on them (`CAL_DUT_MO`). `-` is the world; codes below 1000 and such as `5XXX` are groups.",
            unit="USD",
            release_lag_days=36,
            fetch=monthly(
                months_of("imports", "I_COMMODITY", "CTY_CODE", "CTY_NAME", *CONSUMPTION_VALUES, **BY_CHAPTER),
                "CON_VAL_MO",
                "I_COMMODITY",
                "CTY_CODE",
                fewest_rows=2_000,
            ),
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
