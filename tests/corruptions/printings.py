"""Clean printings, later than those of the archive, in the form in which a publisher would send them. Each passes every test."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing import Release
from orchestration.settings import PROJECT
from orchestration.source import Row

ARCHIVE = PROJECT / "seeds" / "archive"
KCS_TOTAL = "총계"
WORLD = "-"


@dataclass(frozen=True)
class Printing:
    """What is landed: what is known of the release, and its rows."""

    release: Release
    rows: Sequence[Row]

    def having(self, rows: Iterable[Row]) -> "Printing":
        return replace(self, rows=tuple(rows))

    def each(self, change: Callable[[Row], Row]) -> "Printing":
        return self.having(change(dict(row)) for row in self.rows)

    def of(self, **changes: date | datetime | None) -> "Printing":
        return replace(self, release=replace(self.release, **changes))  # type: ignore[arg-type]

    def table(self) -> pa.Table:
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        return pa.table({name: pa.array([row.get(name) for row in self.rows], pa.string()) for name in names})


@cache
def archived(source: str, file: str) -> tuple[Row, ...]:
    return tuple(pq.read_table(ARCHIVE / source / f"{file}.parquet").to_pylist())


def _printing(
    dataset: str, months: tuple[date, date], retrieved: date, rows: Iterable[Row], scope: str = ""
) -> Printing:
    source, table = dataset.split(".")
    release = Release(
        source=source,
        table=table,
        url=f"https://example.org/{source}/{table}",
        basis="made by a test",
        period_from=months[0],
        period_to=months[1],
        settled_through=date(months[0].year - 1, 12, 1),
        settled_status="final",
        open_status="preliminary",
        retrieved_at=datetime(retrieved.year, retrieved.month, retrieved.day, 9, tzinfo=UTC),
        scope=scope,
    )
    return Printing(release, tuple(dict(row) for row in rows))


def _moved(text: str, random: Random, by: float = 1.0) -> str:
    """A figure as it may well be a year later: by a factor, and a grain of chance."""
    return str(round(int(text) * by * random.uniform(0.97, 1.03)))


def with_kcs_total(rows: Iterable[Row]) -> list[Row]:
    """The items of one month and their grand total, last, as the service prints it."""
    items = [row for row in rows if row["year"] != KCS_TOTAL]
    sums = {flow: str(sum(int(row[flow]) for row in items)) for flow in ("expDlr", "impDlr")}
    return [*items, {"year": KCS_TOTAL, "statCd": "-", "statCdCntnKor1": "-", "balPayments": "0"} | sums]


def _kcs_month(month: str) -> list[Row]:
    rows = archived("kcs", "country_totals_200001_202505")
    return [dict(row) for row in rows if row["year"] == month and row["statCd"] != "_TOTAL"]


def _exports_of_sets(month: str) -> Counter[str]:
    sums: Counter[str] = Counter()
    for row in archived("kcs", "set_exports_201901_202605"):
        if row["year"] == month:
            sums[row["statCd"]] += int(row["expDlr"])
    return sums


def kcs_reprint() -> Printing:
    """May 2025 a month later: a few partners corrected by some thousandths."""
    random, rows = Random(11), _kcs_month("2025.05")
    for row in random.sample(rows, 20):
        row["expDlr"] = str(round(int(row["expDlr"]) * random.uniform(0.998, 1.003)))
    month = date(2025, 5, 1)
    return _printing("kcs.country_totals", (month, month), date(2025, 7, 15), with_kcs_total(rows))


def kcs_new_month() -> Printing:
    """June 2025, of which the archive holds products alone: sets by partner, and the rest of June 2024 grown to the whole."""
    random, month = Random(12), date(2025, 6, 1)
    before, now = (_exports_of_sets(month) for month in ("2024.06", "2025.06"))
    rests = {row["statCd"]: max(0, int(row["expDlr"]) - before[row["statCd"]]) for row in _kcs_month("2024.06")}
    subheadings = archived("kcs", "subheading_exports_202501_202601")
    whole = sum(int(row["expDlr"]) for row in subheadings if row["year"] == "2025.06")
    growth = (whole - now.total()) / sum(rests.values())
    rows = []
    for row in _kcs_month("2024.06"):
        exported = int(_moved(str(rests[row["statCd"]]), random, growth)) + now[row["statCd"]]
        rows.append(row | {"year": "2025.06", "expDlr": str(exported), "impDlr": _moved(row["impDlr"], random)})
    return _printing("kcs.country_totals", (month, month), date(2025, 7, 15), with_kcs_total(rows))


def kcs_national() -> Printing:
    """The portal's totals of 2021 and 2022 a month later: the last month corrected."""
    rows = [dict(row) for row in archived("kcs", "national_totals_200001_202205") if row["year"] in ("2021", "2022")]
    rows[-1]["amo_ex"] = str(int(rows[-1]["amo_ex"].replace(",", "")) + 21_000)
    return _printing("kcs.national_totals", (date(2021, 1, 1), date(2022, 5, 1)), date(2022, 7, 10), rows)


def _recent(file: str, *years: str) -> list[Row]:
    return [dict(row) for row in archived("kcs", file) if row["year"].startswith(years)]


def kcs_sets() -> Printing:
    """The sets of codes of 2026 a month later, unchanged but for one figure."""
    rows = _recent("set_exports_201901_202605", "2026")
    rows[0]["expDlr"] = str(int(rows[0]["expDlr"]) + 1)
    return _printing("kcs.set_exports", (date(2026, 1, 1), date(2026, 5, 1)), date(2026, 7, 20), rows)


def kcs_chips() -> Printing:
    rows = _recent("chip_trade_201901_202605", "2026")
    rows[0]["expDlr"] = str(int(rows[0]["expDlr"]) + 1)
    return _printing("kcs.chip_trade", (date(2026, 1, 1), date(2026, 5, 1)), date(2026, 7, 20), rows)


def kcs_subheadings() -> Printing:
    rows = _recent("subheading_exports_202501_202601", "2025.0")
    rows = [row for row in rows if row["year"] <= "2025.05"]
    rows[0]["expDlr"] = str(int(rows[0]["expDlr"]) + 1)
    return _printing("kcs.subheading_exports", (date(2025, 1, 1), date(2025, 5, 1)), date(2026, 3, 20), rows)


def _census(file: str, value: str, month: str) -> list[Row]:
    return [dict(row) for row in archived("census", file) if row["time"] == month and row[value] is not None]


def is_country(row: Row) -> bool:
    return row["CTY_CODE"].isdigit() and row["CTY_CODE"] >= "1000"


def with_census_world(rows: Iterable[Row], value: str) -> list[Row]:
    listed = [dict(row) for row in rows]
    world = str(sum(int(row[value]) for row in listed if is_country(row)))
    return [row | {value: world} if row["CTY_CODE"] == WORLD else row for row in listed]


def census_imports() -> Printing:
    """January 2025, which the archive does not hold: January 2024 and some growth."""
    random, month = Random(13), date(2025, 1, 1)
    rows = [
        row | {"time": "2025-01", "GEN_VAL_MO": _moved(row["GEN_VAL_MO"], random)}
        for row in _census("country_imports_201301_202412", "GEN_VAL_MO", "2024-01")
    ]
    return _printing("census.country_imports", (month, month), date(2025, 7, 8), with_census_world(rows, "GEN_VAL_MO"))


def census_exports() -> Printing:
    """December 2024 a month later: a few partners corrected by some thousandths."""
    random, month = Random(14), date(2024, 12, 1)
    rows = _census("country_exports_201301_202412", "ALL_VAL_MO", "2024-12")
    for row in random.sample([row for row in rows if is_country(row)], 20):
        row["ALL_VAL_MO"] = str(round(int(row["ALL_VAL_MO"]) * random.uniform(0.998, 1.003)))
    return _printing("census.country_exports", (month, month), date(2025, 8, 8), with_census_world(rows, "ALL_VAL_MO"))


def census_chapters() -> Printing:
    month = date(2024, 12, 1)
    rows = _census("chapter_imports_202301_202412", "GEN_VAL_MO", "2024-12")
    return _printing("census.chapter_imports", (month, month), date(2025, 8, 8), rows)


def census_workbook() -> Printing:
    """The workbook a month later, of its last two years; one partner corrected."""
    rows = [dict(row) for row in archived("census", "country_workbook_198501_202301") if row["year"] >= "2021"]
    rows[0]["IJAN"] = str(float(rows[0]["IJAN"]) + 0.5)
    return _printing("census.country_workbook", (date(2021, 1, 1), date(2023, 1, 1)), date(2023, 4, 20), rows)


def ecb_rates() -> Printing:
    """Two years a working day later; no currency moves by more than half a percent."""
    random = Random(15)
    rows = [dict(row) for row in archived("ecb", "reference_rates_199901_202610") if row["Date"] >= "2025"]
    newest = max(rows, key=lambda row: row["Date"])
    later = {
        name: cell
        if name == "Date" or cell in ("", "N/A") or not cell
        else f"{float(cell) * random.uniform(0.995, 1.005):.4f}"
        for name, cell in newest.items()
    }
    return _printing(
        "ecb.reference_rates",
        (date(2025, 1, 1), date(2026, 11, 1)),
        date(2026, 11, 2),
        [later | {"Date": "2026-11-02"}, *rows],
    )


def _fred(file: str, retrieved: date) -> Printing:
    rows = [row for row in archived("fred", file) if row["observation_date"] >= "2025"]
    months = [date.fromisoformat(rows[place]["observation_date"]).replace(day=1) for place in (0, -1)]
    return _printing("fred.observations", (months[0], months[1]), retrieved, rows, scope=rows[0]["series_id"])


def fred_won() -> Printing:
    return _moved_last(_fred("dexkous_198104_202605", date(2026, 6, 2)))


def fred_yield() -> Printing:
    return _moved_last(_fred("dgs10_196201_202608", date(2026, 8, 25)))


def _moved_last(printing: Printing) -> Printing:
    """One day is new in a printing that says nothing else new: the file is not the one that is held."""
    last = dict(printing.rows[-1])
    return printing.having([*printing.rows[:-1], last | {"value": f"{last['value']}0"}])


def bank_of_korea() -> Printing:
    """The list of the base rate with the cut of a quarter point that may come next."""
    rows = [dict(row) for row in archived("policy_rates", "bank_of_korea_199905_202505")]
    later = rows[-1] | {"date": "2026-09-10", "rate_pct": "2.25"}
    return _printing(
        "policy_rates.bank_of_korea", (date(1999, 5, 1), date(2026, 9, 1)), date(2026, 11, 2), [*rows, later]
    )


CLEAN = (
    *(kcs_reprint, kcs_new_month, kcs_national, kcs_sets, kcs_chips, kcs_subheadings),
    *(census_imports, census_exports, census_chapters, census_workbook),
    *(ecb_rates, fred_won, fred_yield, bank_of_korea),
)
