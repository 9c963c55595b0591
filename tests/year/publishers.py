"""Two customs services through a year: new months, corrected ones, a final year, days on which nothing works.

The figures are those of the last archived month, grown by one part in a hundred a month. A month is first printed one part in
a thousand too low; its first correction comes a month later, and in late February the year before is final.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.source import month_after
from tests.faults.publishers import census, kcs
from tests.faults.publishers.server import Answer, Asked

LAST_ARCHIVED = {"kcs": date(2025, 5, 1), "census": date(2024, 12, 1)}
TOTAL = "총계"

Row = dict[str, str]


@dataclass
class Korea:
    """`now` is the day as the service lives it. `broken` answers instead while it is set, `renamed` and `added` change the form."""

    rows: list[Row]
    printed: dict[date, date]
    now: date = date.min
    broken: Answer | None = None
    renamed: bool = False
    added: bool = False

    def __call__(self, asked: Asked) -> Answer:
        if self.broken is not None:
            return self.broken
        if asked.params.get("serviceKey") != kcs.WORKING_KEY:
            return kcs.gateway("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", 401)
        if "MmUtPrvi" in asked.path:
            return kcs.answer(kcs.flash_items(asked.params["strtYymm"], asked.params["endYymm"], self._last_window()))
        if "getNationtradeList" not in asked.path:
            return kcs.answer([])
        month = datetime.strptime(asked.params["strtYymm"], "%Y%m").date()  # noqa: DTZ007
        return kcs.answer(self.items(month))

    def _last_window(self) -> str:
        """Of the flash figures: ten days on the 11th, twenty on the 21st, the whole month on the 1st of the next."""
        if self.now.day < 11:
            return f"{month_after(self.now.replace(day=1), -1):%Y%m} 01~말일"
        return f"{self.now:%Y%m} 01~{10 if self.now.day < 21 else 20}"

    def items(self, month: date) -> list[Row]:
        if not is_out(month, self.printed, self.now):
            return []
        items = [self._item(row, month) for row in self.rows]
        return [*items, kcs.total(items)]

    def _item(self, row: Row, month: date) -> Row:
        scale = grown(month, LAST_ARCHIVED["kcs"]) + self._correction(month)
        export, imported = (int(row[name]) * scale // 10_000 for name in ("expDlr", "impDlr"))
        cells = {name: row[name] for name in ("statCd", "statCdCntnKor1")} | {
            "year": f"{month:%Y.%m}",
            "impDlr": str(imported),
            "balPayments": str(export - imported),
            "expCnt": "9",
            "impCnt": "8",
        }
        value = "expUsd" if self.renamed else "expDlr"
        return cells | {value: str(export)} | ({"expWgt": "1"} if self.added else {})

    def _correction(self, month: date) -> int:
        """In ten-thousandths: first too low, corrected after a month, and final after the February that follows."""
        later = month_after(month)
        final = date(month.year + 1, 2, 25)
        return -10 * (self.now < self.printed.get(later, later)) + 5 * (self.now >= final)


@dataclass
class America:
    """The same for general imports and total exports of the Census Bureau. One correction, with the next month's printing."""

    rows: dict[str, list[Row]]
    printed: dict[date, date]
    now: date = date.min
    asked_of: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path.endswith("variables.json"):
            return census.variables()
        flow = asked.path.split("/")[-2]
        names = asked.params["get"].split(",")
        month = date.fromisoformat(f"{asked.params['time']}-01")
        value = {"imports": "GEN_VAL_MO", "exports": "ALL_VAL_MO"}[flow]
        if value not in names or "I_COMMODITY" in names or not is_out(month, self.printed, self.now):
            return Answer(b"", 204)
        corrected = self.now >= self.printed.get(month_after(month), date.max)
        scale = grown(month, LAST_ARCHIVED["census"]) + (0 if corrected else -10)
        lines = [[row["CTY_CODE"], row["CTY_NAME"], str(int(row[value]) * scale // 10_000)] for row in self.rows[flow]]
        world = sum(int(line[2]) for line in lines if line[0].isdecimal() and int(line[0]) >= 1000)
        lines = [[code, name, str(world) if code == "-" else printed] for code, name, printed in lines]
        known = [dict(zip(("CTY_CODE", "CTY_NAME", value), line, strict=True)) for line in lines]
        cells = [[row.get(name, "0") for name in names] for row in known]
        body = [[*names, "time"], *([*line, asked.params["time"]] for line in cells)]
        return Answer(json.dumps(body).encode(), kind="application/json;charset=utf-8")


def is_out(month: date, printed: Mapping[date, date], today: date) -> bool:
    """Months before those of the calendar came long ago, those after it are not thought of yet."""
    return printed.get(month, date.min if month < min(printed) else date.max) <= today


def grown(month: date, since: date) -> int:
    """In ten-thousandths of the archived month."""
    return 10_000 + 100 * ((month.year - since.year) * 12 + month.month - since.month)


def last_rows(archive: Path, pattern: str, month: str, column: str) -> Iterator[Row]:
    """The archive's rows of one month, without the totals among them."""
    for path in sorted(archive.glob(pattern)):
        for row in pq.read_table(path).to_pylist():
            if row[column] == month and TOTAL not in row.values() and "총합" not in row.values():
                yield row
