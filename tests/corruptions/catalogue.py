"""The corruptions: what is done to a clean printing, and where one is let through, why.

A damage is a function of the clean printing and of chance; its name is its seed, so that every run damages alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from random import Random

from orchestration.source import Row
from tests.corruptions import printings as clean
from tests.corruptions.printings import KCS_TOTAL, Printing, with_census_world, with_kcs_total

Damage = Callable[[Printing, Random], Printing]
BOTH = ("expDlr", "impDlr")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
HEADING = """# What wrong data meet

Written by `make corruptions`: each line is one way in which a printing may be wrong and still parse. It was landed, loaded and
judged by dbt like any other; what is named stopped it before anything was published. {count} corruptions, of which {through}
are let through, each for the reason it gives. Clean printings of the same tables ({clean}) are
landed beside them and must pass every test.

| corruption | in | what is done | what became of it |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Corruption:
    """`let_through` is the reason why nothing stops it; empty where something must."""

    name: str
    clean: Callable[[], Printing]
    what: str
    damage: Damage
    let_through: str = ""

    def damaged(self) -> Printing:
        """The same at every call: chance has the name for its seed."""
        return self.damage(self.clean(), Random(self.name))

    @property
    def dataset(self) -> str:
        release = self.clean().release
        return f"{release.source}.{release.table}"


def table(outcomes: Mapping[str, str]) -> str:
    """The page: one line for each corruption, in the order of the list."""
    through = sum(bool(corruption.let_through) for corruption in CORRUPTIONS)
    heading = HEADING.format(count=len(CORRUPTIONS), through=through, clean=len(clean.CLEAN))
    lines = [
        f"| {corruption.name} | `{corruption.dataset}` | {corruption.what} | {outcomes[corruption.name]} |"
        for corruption in CORRUPTIONS
    ]
    return heading + "\n".join(lines) + "\n"


def is_total(row: Row) -> bool:
    return row.get("year") == KCS_TOTAL


def cells(*columns: str, change: Callable[[str], str], where: Callable[[Row], bool] = lambda row: True) -> Damage:
    """Changes these cells of the rows where the condition holds."""
    return lambda printing, random: printing.each(
        lambda row: row | {name: change(row[name]) for name in columns} if where(row) else row
    )


def times(factor: float, *columns: str, where: Callable[[Row], bool] = lambda row: True) -> Damage:
    return cells(*columns, change=lambda text: str(round(float(text.replace(",", "")) * factor)), where=where)


def rows(change: Callable[[list[Row], Random], list[Row]]) -> Damage:
    return lambda printing, random: printing.having(change([dict(row) for row in printing.rows], random))


def totalled(damage: Damage) -> Damage:
    """The publisher adds up what it prints: its total follows the damage."""
    return lambda printing, random: printing.having(with_kcs_total(damage(printing, random).rows))


def world_follows(value: str, damage: Damage) -> Damage:
    return lambda printing, random: printing.having(with_census_world(damage(printing, random).rows, value))


def swapped(one: str, other: str) -> Damage:
    return lambda printing, random: printing.each(lambda row: row | {one: row[other], other: row[one]})


def codes_changed(column: str, codes: Mapping[str, str]) -> Damage:
    return cells(column, change=lambda code: codes.get(code, code))


def without(column: str, *codes: str) -> Damage:
    return rows(lambda listed, random: [row for row in listed if row[column] not in codes])


def doubled(column: str, code: str) -> Damage:
    return rows(lambda listed, random: [*listed, *(dict(row) for row in listed if row[column] == code)])


def as_number(text: str) -> str:
    return str(int(text)) if text.isdigit() else text


def values_of(column: str, one: str, other: str, *values: str) -> Damage:
    """Two partners keep their codes and names, and have each other's figures."""

    def change(listed: list[Row], random: Random) -> list[Row]:
        first, second = (next(row for row in listed if row[column] == code) for code in (one, other))
        taken = {one: {name: second[name] for name in values}, other: {name: first[name] for name in values}}
        return [row | taken.get(row[column], {}) for row in listed]

    return rows(change)


def next_ones_value(*values: str) -> Damage:
    """The column of values slipped by one row, as when a file is pasted together."""

    def change(listed: list[Row], random: Random) -> list[Row]:
        items = [row for row in listed if not is_total(row) and row.get("CTY_CODE") != clean.WORLD]
        others = [row for row in listed if row not in items]
        return [row | {name: items[at - 1][name] for name in values} for at, row in enumerate(items)] + others

    return rows(change)


def first_part(share: float) -> Damage:
    return rows(lambda listed, random: listed[: round(len(listed) * share)])


def rows_of(month: str, *, as_month: str) -> Damage:
    """An earlier month's figures under the name of this one, to the dollar."""
    return rows(lambda listed, random: with_kcs_total(row | {"year": as_month} for row in clean._kcs_month(month)))


def said_of(month: date, printed: str, column: str) -> Damage:
    """Rows and announcement agree on a month that cannot be."""
    return lambda printing, random: cells(column, change=lambda text: printed if text != KCS_TOTAL else text)(
        printing.of(period_from=month, period_to=month), random
    )


def one_larger(column: str, where: Callable[[Row], bool]) -> Damage:
    return cells(column, change=lambda text: str(int(text) + 1), where=where)


def some_zero(*values: str, share: float = 0.3) -> Damage:
    """A share of the partners has 0 where the publisher knows nothing."""

    def change(listed: list[Row], random: Random) -> list[Row]:
        return [
            row | dict.fromkeys(values, "0") if random.random() < share and not is_total(row) else row for row in listed
        ]

    return rows(change)


def known_earlier(day: datetime) -> Damage:
    return lambda printing, random: printing.of(retrieved_at=day)


def rates(change: Callable[[str, float], str]) -> Damage:
    """Changes every quotation of the file."""

    def one(row: Row) -> Row:
        return {
            name: cell if name == "Date" or cell in ("", "N/A", None) else change(name, float(cell))
            for name, cell in row.items()
        }

    return lambda printing, random: printing.each(one)


def newest(change: Callable[[Row, Row], Row], column: str = "Date") -> Damage:
    """Changes the newest row, with the one before it at hand."""

    def damaged(listed: list[Row], random: Random) -> list[Row]:
        *_, before, last = sorted(listed, key=lambda row: row[column])
        return [change(row, before) if row == last else row for row in listed]

    return rows(damaged)


def us(row: Row) -> bool:
    return row.get("statCd") == "US"


def moved_days(row: Row) -> Row:
    year, month, day = row["Date"].split("-")
    return row | {"Date": f"{year}-{day}-{month}"} if int(day) <= 12 else row


CORRUPTIONS = (
    # Units
    Corruption(
        "units in thousands, corrected month",
        clean.kcs_reprint,
        "All values a thousandth of what they are.",
        totalled(times(0.001, *BOTH)),
    ),
    Corruption(
        "units in thousands, new month",
        clean.kcs_new_month,
        "All values a thousandth of what they are.",
        totalled(times(0.001, *BOTH)),
    ),
    Corruption(
        "ten times the last month",
        clean.kcs_new_month,
        "All values ten times as large.",
        totalled(times(10, *BOTH)),
    ),
    Corruption(
        "ten days taken for a month",
        clean.kcs_new_month,
        "All values three tenths of a month's.",
        totalled(times(0.3, *BOTH)),
    ),
    Corruption(
        "one large partner ten times",
        clean.kcs_new_month,
        "The United States ten times as large, the total with it.",
        totalled(times(10, *BOTH, where=us)),
    ),
    Corruption(
        "one large partner in thousands",
        clean.kcs_new_month,
        "Exports to the United States a thousandth.",
        totalled(times(0.001, "expDlr", where=us)),
    ),
    Corruption(
        "portal's totals in dollars",
        clean.kcs_national,
        "Dollars where thousands of dollars stand.",
        times(1000, "amo_ex", "amo_im"),
    ),
    Corruption(
        "American imports in thousands",
        clean.census_imports,
        "All values a thousandth of what they are.",
        world_follows("GEN_VAL_MO", times(0.001, "GEN_VAL_MO")),
    ),
    Corruption(
        "workbook in thousands",
        clean.census_workbook,
        "Thousands of dollars where millions stand.",
        cells(
            *(f"I{month}" for month in ("JAN", "FEB", "MAR", "DEC")),
            change=lambda text: str(float(text) * 1000),
        ),
    ),
    Corruption("tonnes for kilograms", clean.kcs_sets, "All weights a thousandth.", times(0.001, "expWgt")),
    Corruption(
        "chips in thousands",
        clean.kcs_chips,
        "Exports of chips a thousandth, weights as they were.",
        times(0.001, "expDlr"),
    ),
    # Totals
    Corruption(
        "total row twice",
        clean.kcs_reprint,
        "The grand total stands first and last.",
        doubled("year", KCS_TOTAL),
    ),
    Corruption(
        "total among partners",
        clean.kcs_new_month,
        "The grand total once more, under the code of no country.",
        rows(lambda listed, random: [*listed, listed[-1] | {"year": "2025.06", "statCd": "ZZZ"}]),
    ),
    Corruption(
        "total a dollar off",
        clean.kcs_reprint,
        "The total is one dollar more than its parts.",
        one_larger("expDlr", is_total),
    ),
    Corruption(
        "American world off its parts",
        clean.census_exports,
        "The world is a dollar more than its countries.",
        one_larger("ALL_VAL_MO", lambda row: row["CTY_CODE"] == clean.WORLD),
    ),
    Corruption("total lost", clean.kcs_new_month, "The row of the grand total is missing.", without("year", KCS_TOTAL)),
    Corruption(
        "partners lost",
        clean.kcs_new_month,
        "The grand total alone is left.",
        rows(lambda listed, random: [row for row in listed if is_total(row)]),
    ),
    Corruption(
        "group among countries",
        clean.census_imports,
        "The European Union under a code that is no group's.",
        codes_changed("CTY_CODE", {"0003": "4993"}),
    ),
    # Flows and columns
    Corruption(
        "flows swapped, new month",
        clean.kcs_new_month,
        "Exports stand under imports and the other way round.",
        swapped(*BOTH),
    ),
    Corruption(
        "flows swapped, corrected month",
        clean.kcs_reprint,
        "Exports stand under imports and the other way round.",
        swapped(*BOTH),
    ),
    Corruption(
        "imports in both columns",
        clean.kcs_new_month,
        "The column of exports repeats that of imports.",
        lambda printing, random: printing.each(lambda row: row | {"expDlr": row["impDlr"]}),
    ),
    Corruption(
        "values slipped by a row",
        clean.kcs_new_month,
        "Each partner has the figures of the one before it; the total is right.",
        next_ones_value(*BOTH),
    ),
    Corruption(
        "American values slipped by a row",
        clean.census_imports,
        "Each partner has the figures of the one before it; groups are left.",
        next_ones_value("GEN_VAL_MO"),
    ),
    Corruption(
        "chips' flows swapped",
        clean.kcs_chips,
        "Values and weights of exports and imports change places.",
        lambda printing, random: swapped("expWgt", "impWgt")(swapped(*BOTH)(printing, random), random),
    ),
    Corruption(
        "column renamed",
        clean.kcs_new_month,
        "`expDlr` is called `exp_dlr` from now on.",
        lambda printing, random: printing.each(
            lambda row: {("exp_dlr" if name == "expDlr" else name): cell for name, cell in row.items()}
        ),
    ),
    # Months
    Corruption(
        "month shifted",
        clean.kcs_new_month,
        "Rows of July in the printing of June.",
        cells("year", change=lambda text: "2025.07" if text != KCS_TOTAL else text),
    ),
    Corruption(
        "last month again",
        clean.kcs_new_month,
        "May's figures under the name of June, to the dollar.",
        rows_of("2025.05", as_month="2025.06"),
    ),
    Corruption(
        "last year's month again",
        clean.kcs_new_month,
        "The figures of June 2024 under June 2025, to the dollar.",
        rows_of("2024.06", as_month="2025.06"),
    ),
    Corruption(
        "month that has not come",
        clean.kcs_new_month,
        "June's figures under the name of December 2025, printed in July.",
        said_of(date(2025, 12, 1), "2025.12", "year"),
    ),
    Corruption(
        "month left out",
        clean.census_imports,
        "February printed, January never.",
        said_of(date(2025, 2, 1), "2025-02", "time"),
        "a month that is missing is null, not wrong: windows over it are null and `data_health` tells how late the table is",
    ),
    Corruption(
        "workbook's months shifted",
        clean.census_workbook,
        "Each month of exports has the figure of the next.",
        lambda printing, random: printing.each(
            lambda row: row | {f"E{month}": row[f"E{later}"] for month, later in pairwise(MONTHS)}
        ),
    ),
    Corruption(
        "workbook's year wrong",
        clean.census_workbook,
        "2022 is called 2021 and 2021 is called 2022.",
        codes_changed("year", {"2021": "2022", "2022": "2021"}),
    ),
    Corruption(
        "months not yet printed as 0",
        clean.census_workbook,
        "The workbook is said to reach March 2023; its months to come hold 0.",
        lambda printing, random: printing.of(
            period_to=date(2023, 3, 1), retrieved_at=datetime(2023, 5, 20, 9, tzinfo=UTC)
        ),
    ),
    # Partners
    Corruption(
        "partner dropped",
        clean.kcs_reprint,
        "The United States are missing; the total holds them.",
        without("statCd", "US"),
    ),
    Corruption(
        "partner dropped with its total, corrected month",
        clean.kcs_reprint,
        "The United States are missing, in the total too.",
        totalled(without("statCd", "US")),
    ),
    Corruption(
        "partner dropped with its total, new month",
        clean.kcs_new_month,
        "The United States are missing, in the total too.",
        totalled(without("statCd", "US")),
    ),
    Corruption(
        "small partner dropped with its total",
        clean.kcs_new_month,
        "Iceland is missing, in the total too.",
        totalled(without("statCd", "IS")),
        "a small partner without trade has no row, so that its absence proves nothing; it is null, and 0 nowhere",
    ),
    Corruption(
        "American partner dropped with its total",
        clean.census_imports,
        "Korea is missing, in the world too.",
        world_follows("GEN_VAL_MO", without("CTY_CODE", "5800")),
    ),
    Corruption(
        "end of the file lost",
        clean.kcs_new_month,
        "The last third of the rows is missing, the total with them.",
        first_part(0.66),
    ),
    Corruption(
        "partner's name changed",
        clean.kcs_new_month,
        "The United States are called USA; the code is theirs.",
        cells("statCdCntnKor1", change=lambda text: "USA" if text == "미국" else text),
        "the code decides; publishers rename countries, and the mart takes names from its own list",
    ),
    Corruption(
        "partner's code unknown",
        clean.kcs_new_month,
        "The United States under a code that no list has.",
        codes_changed("statCd", {"US": "UQ"}),
    ),
    Corruption(
        "partner's code another's",
        clean.kcs_new_month,
        "Codes of China and the United States change places, names stay.",
        codes_changed("statCd", {"US": "CN", "CN": "US"}),
    ),
    Corruption(
        "two large partners have each other's figures, corrected month",
        clean.kcs_reprint,
        "China and the United States, codes and names right.",
        values_of("statCd", "US", "CN", *BOTH),
    ),
    Corruption(
        "two large partners have each other's figures, new month",
        clean.kcs_new_month,
        "China and the United States, codes and names right.",
        values_of("statCd", "US", "CN", *BOTH),
    ),
    Corruption(
        "two alike partners have each other's figures, new month",
        clean.kcs_new_month,
        "Germany and Singapore, codes and names right.",
        values_of("statCd", "DE", "SG", *BOTH),
        "partners of like size cannot be told apart by one month; when the publisher corrects it, that is a revision",
    ),
    Corruption(
        "partner twice",
        clean.kcs_new_month,
        "The row of the United States stands twice; the total holds it once.",
        doubled("statCd", "US"),
    ),
    Corruption(
        "American code as a number",
        clean.census_imports,
        "Groups' codes lost their zeros: `0003` is `3`.",
        cells("CTY_CODE", change=as_number),
    ),
    # Values
    Corruption(
        "0 for missing, all exports",
        clean.kcs_new_month,
        "No partner has exports.",
        totalled(cells("expDlr", change=lambda text: "0")),
    ),
    Corruption(
        "0 for missing, a large partner",
        clean.kcs_new_month,
        "Exports to China are 0, in the total too.",
        totalled(cells("expDlr", change=lambda text: "0", where=lambda row: row["statCd"] == "CN")),
    ),
    Corruption(
        "0 for missing, a third of the partners",
        clean.kcs_new_month,
        "Exports of a third of the partners are 0, in the total too.",
        totalled(some_zero("expDlr")),
    ),
    Corruption(
        "0 for missing, small partners",
        clean.kcs_new_month,
        "Exports to Iceland and Malta are 0, in the total too.",
        totalled(cells("expDlr", change=lambda text: "0", where=lambda row: row["statCd"] in ("IS", "MT"))),
        "a small partner's month may be nothing; the figure is the publisher's own, and its next printing is a revision",
    ),
    Corruption(
        "negative value",
        clean.kcs_new_month,
        "Exports to Malta below zero, in the total too.",
        totalled(cells("expDlr", change=lambda text: f"-{text}", where=lambda row: row["statCd"] == "MT")),
    ),
    Corruption(
        "negative value of a product",
        clean.kcs_sets,
        "One set's exports to one partner below zero.",
        rows(
            lambda listed, random: [
                row | {"expDlr": f"-{row['expDlr']}"} if at == 7 else row for at, row in enumerate(listed)
            ]
        ),
    ),
    Corruption(
        "decimal comma",
        clean.kcs_new_month,
        "Points between thousands: 1.234.567.",
        cells(*BOTH, change=lambda text: f"{int(text):,}".replace(",", ".")),
    ),
    Corruption(
        "spreadsheet's exponents",
        clean.kcs_new_month,
        "Values as 1.234E+09.",
        cells(*BOTH, change=lambda text: f"{float(text):.3E}"),
    ),
    Corruption(
        "some cells unreadable",
        clean.kcs_new_month,
        "A partner's exports read `***`.",
        cells("expDlr", change=lambda text: "***", where=lambda row: row["statCd"] == "MT"),
    ),
    # Products
    Corruption(
        "HS code as a number, subheadings",
        clean.kcs_subheadings,
        "Leading zeros are lost: `010121` is `10121`.",
        cells("hsCode", change=as_number),
    ),
    Corruption(
        "HS code as a number, chapters",
        clean.census_chapters,
        "Leading zeros are lost: `01` is `1`.",
        cells("I_COMMODITY", change=as_number),
    ),
    Corruption(
        "set's code as a number",
        clean.kcs_sets,
        "`8703+8708` is `87038708`.",
        cells("hsCd", change=lambda text: text.replace("+", "")),
    ),
    Corruption(
        "subheadings twice as large",
        clean.kcs_subheadings,
        "Every value doubled, as when a printing is added to itself.",
        times(2, "expDlr"),
    ),
    Corruption(
        "a chapter lost",
        clean.kcs_subheadings,
        "No subheading of chapter 85.",
        rows(lambda listed, random: [row for row in listed if not row["hsCode"].startswith("85")]),
    ),
    Corruption(
        "American chapter twice as large",
        clean.census_chapters,
        "Chapter 87 doubled.",
        times(2, "GEN_VAL_MO", where=lambda row: row["I_COMMODITY"] == "87"),
    ),
    Corruption(
        "two chapters have each other's code",
        clean.census_chapters,
        "84 and 87 change places.",
        codes_changed("I_COMMODITY", {"84": "87", "87": "84"}),
    ),
    # Vintages
    Corruption(
        "older printing arrives late",
        clean.kcs_reprint,
        "May 2025 as it was known five days before the printing held.",
        known_earlier(datetime(2025, 6, 15, 9, tzinfo=UTC)),
        "it is what it says: an earlier vintage; today's figures stay those of the later printing",
    ),
    Corruption(
        "older printing taken for a new one",
        clean.kcs_new_month,
        "The reply of a year ago comes again: months and values of June 2024 where June 2025 was asked for.",
        rows(lambda listed, random: with_kcs_total(clean._kcs_month("2024.06"))),
    ),
    # Markets
    Corruption(
        "quotient turned over",
        clean.ecb_rates,
        "Euro per currency instead of currency per euro.",
        rates(lambda name, rate: f"{1 / rate:.8f}"),
    ),
    Corruption("currencies' columns swapped", clean.ecb_rates, "Won and yen change places.", swapped("KRW", "JPY")),
    Corruption(
        "newest rate a hundred times",
        clean.ecb_rates,
        "The won of the newest day times a hundred.",
        newest(lambda row, before: row | {"KRW": f"{float(row['KRW']) * 100:.2f}"}),
    ),
    Corruption(
        "newest day repeats the last",
        clean.ecb_rates,
        "Every rate of the newest day is that of the day before.",
        newest(lambda row, before: before | {"Date": row["Date"]}),
    ),
    Corruption(
        "day and month swapped",
        clean.ecb_rates,
        "2026-03-04 is 2026-04-03, where that is a day.",
        lambda printing, random: printing.each(moved_days),
    ),
    Corruption(
        "weekend quoted",
        clean.ecb_rates,
        "The newest day is a Sunday.",
        newest(lambda row, before: row | {"Date": "2026-11-01"}),
    ),
    Corruption(
        "another series under the name",
        clean.fred_won,
        "The ten-year yield as the won.",
        lambda printing, random: printing.having(row | {"series_id": "DEXKOUS"} for row in clean.fred_yield().rows),
    ),
    Corruption(
        "fraction for percent",
        clean.fred_yield,
        "0.0425 instead of 4.25.",
        cells("value", change=lambda text: f"{float(text) / 100:.4f}" if text not in ("", ".") else text),
    ),
    Corruption(
        "newest value 0",
        clean.fred_yield,
        "A day without a value yet reads 0.",
        newest(lambda row, before: row | {"value": "0"}, "observation_date"),
    ),
    Corruption(
        "policy rate as a fraction",
        clean.bank_of_korea,
        "The newest rate reads 0.0225.",
        newest(lambda row, before: row | {"rate_pct": "0.0225"}, "date"),
    ),
    Corruption(
        "policy rate without its point",
        clean.bank_of_korea,
        "The newest rate reads 225.",
        newest(lambda row, before: row | {"rate_pct": "225"}, "date"),
    ),
)
