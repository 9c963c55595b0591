"""A made-up world of monthly trade, written as the releases that UN Comtrade would print: any size, the same for a seed.

Nothing here is a real figure. What is drawn, and how:

- Products: six-digit codes of HS2022 in an order that the seed shuffles; rank `k` is drawn as often as 1 / k (Zipf).
- Partners: as likely as their mass (1 / rank) over their distance on a circle (gravity). Reporters share rows by 1 / sqrt(rank).
- A series is a reporter, partner, flow and product. Its size is Pareto (exponent 1.2), it grows by 0.4 % a month, has
  a season of 15 % and a noise of 30 %. It is silent in three months of ten.
- Beside partners, each product has its row for the world, and each partner its total over products, to the cent.
- One month of a reporter in twenty is printed again a year later: a fifth of its figures revised, so 1 % in all, and
  one in a hundred taken back.
- One first printing in twenty holds a row that cannot be read.
- A weight is unknown, printed as 0, in one row of fifty.

Products come as one release for each reporter and month, totals for each reporter and calendar year.
"""

import csv
import math
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from orchestration.landing import Release, checksum, keep_stream
from orchestration.settings import PROJECT
from orchestration.source import month_after
from orchestration.sources.comtrade import COLUMNS

LAST_MONTH = date(2024, 12, 1)
SILENT = 0.3
PRINTED_AGAIN = 0.05
REVISED = 0.2
TAKEN_BACK = 0.01
BROKEN = 0.05
ROWS_IN_ONE_PROCESS = 2_000_000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """What the warehouse must find: counts of what was printed, and what is true after the last printing.

    `latest` has one row per reporter, flow and month: series, and value in cents over partners and over products.
    """

    releases: int
    product_rows: int
    total_rows: int
    broken_rows: int
    revised: int
    taken_back: int
    latest: pa.Table

    @staticmethod
    def added(parts: "list[Truth]") -> "Truth":
        counts = ("releases", "product_rows", "total_rows", "broken_rows", "revised", "taken_back")
        return Truth(
            **{name: sum(getattr(part, name) for part in parts) for name in counts},
            latest=pa.concat_tables(part.latest for part in parts),
        )


@dataclass(frozen=True)
class World:
    """About `rows` rows of products; with more rows come more reporters (1 M: 3, 50 M: 19) and months (24, 75)."""

    rows: int
    seed: int = 7

    @property
    def reporters(self) -> int:
        return min(max(round(3 * math.pow(self.rows / 1e6, 0.47)), 3), 150)

    @property
    def months(self) -> int:
        return min(max(round(24 * math.pow(self.rows / 1e6, 0.29)), 24), 120)

    def month(self, number: int) -> date:
        """Month 0 is the first; number `months` is the one that comes after the history."""
        return month_after(LAST_MONTH, number - self.months + 1)

    @cached_property
    def shares(self) -> Floats:
        weight = 1 / np.sqrt(np.arange(2, self.reporters + 2))
        return np.asarray(weight / weight.sum())


@cache
def countries() -> tuple[list[str], list[str]]:
    """Comtrade's codes and our ISO codes of single countries, in the file's order."""
    reference = PROJECT / "seeds" / "reference"
    with (reference / "countries.csv").open(encoding="utf-8", newline="") as lines:
        kinds = {line["iso3"]: line["kind"] for line in csv.DictReader(lines)}
    with (reference / "country_codes.csv").open(encoding="utf-8", newline="") as lines:
        found = {
            line["iso3"]: line["publisher_code"]
            for line in csv.DictReader(lines)
            if line["ledger_code"] == "comtrade" and kinds.get(line["iso3"]) in ("country", "territory")
        }
    return list(found.values()), list(found)


@cache
def products() -> list[str]:
    with (PROJECT / "seeds" / "reference" / "products.csv").open(encoding="utf-8", newline="") as lines:
        return sorted(
            line["product_code"]
            for line in csv.DictReader(lines)
            if line["hs_revision"] == "HS2022" and line["hs_level"] == "6"
        )


def draw(*keys: Any) -> Floats:
    """Uniform numbers from 0 to 1 that depend on the keys alone (SplitMix64 of each in turn)."""
    state = np.zeros(1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            mixed = (state ^ np.asarray(key, dtype=np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = mixed ^ (mixed >> np.uint64(31))
    return np.asarray((state >> np.uint64(11)) * 2.0**-53)


class Books:
    """One reporter's: its series, and what it prints of a month."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.codes, self.iso = countries()
        self.products = products()
        size = np.argsort(draw(world.seed, 1, np.arange(len(self.codes))))
        self.reporter = int(size[number])
        self.mass = np.empty(len(self.codes))
        self.mass[size] = 1 / np.arange(1, len(self.codes) + 1)
        self.product_of_rank = np.argsort(draw(world.seed, 2, np.arange(len(self.products))))
        self._draw_series()

    def _draw_series(self) -> None:
        """As many as give the reporter's share of rows: each brings its own, and fills the world's row of its product."""
        world, wanted = self.world, self.world.rows * self.world.shares[self.number] / self.world.months
        place = draw(world.seed, 3, np.arange(len(self.codes)))
        apart = np.abs(place - place[self.reporter])
        pull = self.mass / (0.05 + np.minimum(apart, 1 - apart))
        pull[self.reporter] = 0
        reached = np.cumsum(pull) / pull.sum()
        count = int(wanted * 2) + 1000
        while True:
            nth = np.arange(count)
            partner = np.searchsorted(reached, draw(world.seed, 4, self.number, nth), side="right")
            rank = np.floor((len(self.products) + 1) ** draw(world.seed, 5, self.number, nth)).astype(np.int64) - 1
            good = self.product_of_rank[np.minimum(rank, len(self.products) - 1)] * 2
            good += draw(world.seed, 6, self.number, nth) < 0.5  # odd: an import
            _, first = np.unique(good * len(self.codes) + partner, return_index=True)
            first.sort()
            good, partner = good[first], partner[first]
            order = np.argsort(good, kind="stable")
            starts = np.flatnonzero(np.r_[True, np.diff(good[order]) > 0])
            earlier = np.empty(len(good))
            earlier[order] = np.arange(len(good)) - np.repeat(starts, np.diff(np.r_[starts, len(good)]))
            rows = np.cumsum((1 - SILENT) * (1 + SILENT**earlier))
            if rows[-1] >= wanted:
                break
            count *= 2
        kept = int(np.searchsorted(rows, wanted)) + 1
        self.good, self.partner = good[:kept], partner[:kept]
        self.key = self.good * len(self.codes) + self.partner
        self.base = 200_000 * np.maximum(draw(world.seed, 7, self.number, self.key), 1e-6) ** (-1 / 1.2)
        self.phase = draw(world.seed, 8, self.number, self.key)
        self.usd_per_kg = 2 + 50 * draw(world.seed, 9, self.number, self.good)

    def first(self, number: int) -> tuple[Integers, Integers]:
        """The series that trade in a month, and their values in cents."""
        world = self.world
        traded = np.flatnonzero(draw(world.seed, 10, self.number, self.key, number) >= SILENT)
        season = 1 + 0.15 * np.sin(2 * math.pi * (number / 12 + self.phase[traded]))
        noise = 0.7 + 0.6 * draw(world.seed, 11, self.number, self.key[traded], number)
        cents = self.base[traded] * math.exp(0.004 * number) * season * noise
        return traded, np.floor(cents).astype(np.int64)

    def again(self, number: int, traded: Integers, cents: Integers, printing: int) -> tuple[Integers, Integers, int]:
        """What a later printing makes of it, and how many values it revises."""
        world, key = self.world, self.key[traded]
        kept = draw(world.seed, 12, self.number, key, number, printing) >= TAKEN_BACK
        chance = draw(world.seed, 13, self.number, key, number, printing)
        revised = np.where(chance < REVISED, cents + cents // 10 + 1, cents)
        return traded[kept], revised[kept], int((chance[kept] < REVISED).sum())

    def is_printed_again(self, number: int) -> bool:
        return bool(draw(self.world.seed, 14, self.number, number)[0] < PRINTED_AGAIN)

    def product_rows(self, number: int, traded: Integers, cents: Integers, printing: int) -> pa.Table:
        """A month by partner and product, and by product for the world; where it is broken, one row more."""
        goods, where = np.unique(self.good[traded], return_inverse=True)
        good = np.r_[self.good[traded], goods]
        values = np.r_[cents, np.bincount(where, weights=cents).astype(np.int64)]
        partners = np.r_[self.partner[traded] + 1, np.zeros(len(goods), dtype=np.int64)]
        usd_per_kg = np.r_[self.usd_per_kg[traded], self.usd_per_kg[traded][np.unique(where, return_index=True)[1]]]
        kilograms = np.floor(values / 100 / usd_per_kg).astype(np.int64) + 1
        unknown = draw(self.world.seed, 15, self.number, good, partners, number) < 0.02
        codes = pa.DictionaryArray.from_arrays(pa.array(good // 2), self.products).cast(pa.string())
        rows = self._rows(number, good % 2 == 1, partners, codes, values, np.where(unknown, 0, kilograms))
        if printing == 0 and self.is_broken(number):
            rows = pa.concat_tables([rows, self._broken(rows, number)])
        return rows

    def is_broken(self, number: int) -> bool:
        return bool(draw(self.world.seed, 16, self.number, number)[0] < BROKEN)

    def _broken(self, rows: pa.Table, number: int) -> pa.Table:
        wrong = (("period", "2024"), ("flowCode", "RX"), ("cmdCode", "87O3"), ("primaryValue", "1e6"))
        column, text = wrong[(self.number + number) % len(wrong)]
        row = rows.slice(0, 1)
        return row.set_column(row.column_names.index(column), column, pa.array([text]))

    def totals(self, traded: Integers, cents: Integers) -> tuple[Flags, Integers, Integers]:
        """Of a month: by flow and partner, and by flow for the world."""
        pair = (self.good[traded] % 2) * len(self.codes) + self.partner[traded]
        pairs, where = np.unique(pair, return_inverse=True)
        values = np.bincount(where, weights=cents).astype(np.int64)
        flows, partners = pairs // len(self.codes), pairs % len(self.codes) + 1
        world = np.array([values[flows == flow].sum() for flow in (0, 1)])
        return np.r_[flows, 0, 1] == 1, np.r_[partners, 0, 0], np.r_[values, world]

    def total_rows(self, number: int, traded: Integers, cents: Integers) -> pa.Table:
        is_import, partners, values = self.totals(traded, cents)
        codes = pa.repeat(pa.scalar("TOTAL"), len(values))
        return self._rows(number, is_import, partners, codes, values, np.zeros(len(values), dtype=np.int64))

    def _rows(
        self, number: int, is_import: Flags, partners: Integers, codes: pa.Array, cents: Integers, kilograms: Integers
    ) -> pa.Table:
        month, count = self.world.month(number), len(cents)

        def same(text: str) -> pa.Array:
            return pa.repeat(pa.scalar(text), count)

        def chosen(place: NDArray[Any], texts: list[str]) -> pa.Array:
            return pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), texts).cast(pa.string())

        dollars = pa.array(cents // 100).cast(pa.string())
        value = pc.binary_join_element_wise(dollars, chosen(cents % 100, [f"{cent:02}" for cent in range(100)]), ".")
        weight = pa.array(kilograms).cast(pa.string())
        empty = same("")
        columns = {
            "typeCode": same("C"),
            "freqCode": same("M"),
            "period": same(f"{month:%Y%m}"),
            "reporterCode": same(self.codes[self.reporter]),
            "flowCode": chosen(is_import, ["X", "M"]),
            "partnerCode": chosen(partners, ["0", *self.codes]),
            "partner2Code": same("0"),
            "classificationCode": same("H6" if month.year >= 2022 else "H5" if month.year >= 2017 else "H4"),
            "cmdCode": codes,
            "customsCode": same("C00"),
            "motCode": same("0"),
            "qtyUnitCode": same("8"),
            "qty": weight,
            "netWgt": weight,
            "cifvalue": pc.if_else(pa.array(is_import), value, empty),
            "fobvalue": pc.if_else(pa.array(is_import), empty, value),
            "primaryValue": value,
            "isReported": same("true"),
            "isAggregate": same("false"),
        }
        return pa.table({name: columns[name] for name in COLUMNS})

    def keep(self, landing: Path, table: str, first: int, last: int, known: datetime, rows: pa.Table) -> None:
        months = self.world.month(first), self.world.month(last)
        release = Release(
            source="comtrade",
            table=table,
            url="made by tests.benchmarks.world",
            basis="made up",
            period_from=months[0],
            period_to=months[1],
            settled_through=months[1],
            settled_status="final",
            open_status="preliminary",
            retrieved_at=known,
            scope=self.codes[self.reporter],
            checksum=checksum(rows),
        )
        keep_stream(landing, release, rows.to_batches(), rows.schema, lambda batch: None)

    def known(self, number: int, printing: int = 0) -> datetime:
        """A first printing comes 75 days after the month's end, the next a year after the one before."""
        day = month_after(self.world.month(number)) + timedelta(days=75 + 365 * printing)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _history(landing: Path, world: World, number: int) -> Truth:
    books = Books(world, number)
    counts = {"releases": 0, "product_rows": 0, "total_rows": 0, "broken_rows": 0, "revised": 0, "taken_back": 0}
    latest: list[dict[str, Any]] = []
    year: list[tuple[int, pa.Table]] = []

    def keep(table: str, span: tuple[int, int], known: datetime, rows: pa.Table) -> None:
        books.keep(landing, table, *span, known, rows)
        counts["releases"] += 1
        counts["product_rows" if table == "monthly_products" else "total_rows"] += rows.num_rows

    for month in range(world.months):
        traded, cents = books.first(month)
        keep("monthly_products", (month, month), books.known(month), books.product_rows(month, traded, cents, 0))
        counts["broken_rows"] += books.is_broken(month)
        year.append((month, books.total_rows(month, traded, cents)))
        if world.month(month).month == 12 or month == world.months - 1:
            keep("monthly_trade", (year[0][0], month), books.known(month), pa.concat_tables(rows for _, rows in year))
            year.clear()
        if books.is_printed_again(month):
            before = len(traded)
            traded, cents, revised = books.again(month, traded, cents, 1)
            counts["revised"] += revised
            counts["taken_back"] += before - len(traded)
            keep("monthly_products", (month, month), books.known(month, 1), books.product_rows(month, traded, cents, 1))
            keep("monthly_trade", (month, month), books.known(month, 1), books.total_rows(month, traded, cents))
        latest += latest_of(books, month, traded, cents)
    return Truth(**counts, latest=pa.Table.from_pylist(latest))


def _news(landing: Path, world: World, number: int) -> Truth:
    """The month after the history, and a third printing of a month that is half a year old."""
    books, revised_month = Books(world, number), world.months - 6
    product_rows = total_rows = 0
    latest: list[dict[str, Any]] = []
    revised = taken_back = 0
    for month, printing in ((world.months, 0), (revised_month, 2)):
        traded, cents = books.first(month)
        if printing:
            if books.is_printed_again(month):
                traded, cents, _ = books.again(month, traded, cents, 1)
            before = len(traded)
            traded, cents, revised = books.again(month, traded, cents, printing)
            taken_back = before - len(traded)
        known = books.known(month, printing)
        rows = books.product_rows(month, traded, cents, 1), books.total_rows(month, traded, cents)
        for table, printed in zip(("monthly_products", "monthly_trade"), rows, strict=True):
            books.keep(landing, table, month, month, known, printed)
        product_rows, total_rows = product_rows + rows[0].num_rows, total_rows + rows[1].num_rows
        latest += latest_of(books, month, traded, cents)
    return Truth(4, product_rows, total_rows, 0, revised, taken_back, pa.Table.from_pylist(latest))


def latest_of(books: Books, month: int, traded: Integers, cents: Integers) -> Iterator[dict[str, Any]]:
    for flow, name in enumerate(("export", "import")):
        of_flow = books.good[traded] % 2 == flow
        yield {
            "reporter_iso3": books.iso[books.reporter],
            "flow_code": name,
            "period_month": books.world.month(month),
            "series": int(of_flow.sum()),
            "cents": int(cents[of_flow].sum()),
        }


def _each_reporter(landing: Path, world: World, write: Any) -> Truth:
    work = partial(write, landing, world)
    numbers = range(world.reporters)
    if world.rows <= ROWS_IN_ONE_PROCESS:
        return Truth.added([work(number) for number in numbers])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return Truth.added(list(pool.map(work, numbers)))


def write_history(landing: Path, world: World) -> Truth:
    """Every release of the world's months, into an empty landing folder; memory is bounded by one release."""
    return _each_reporter(landing, world, _history)


def write_news(landing: Path, world: World) -> Truth:
    """One new month and one revised month of each reporter. `latest` of the truth holds these two months alone."""
    return _each_reporter(landing, world, _news)
