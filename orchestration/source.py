"""What a publisher's dataset is, how it is fetched, and how the modules in `sources/` are found."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import sources
from orchestration.errors import EntrepotError
from orchestration.replies import Call, Reply
from orchestration.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, str]


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month that lies `count` months later, or earlier where it is negative."""
    years, months = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, months + 1, 1)


@dataclass(frozen=True)
class Window:
    """What is asked for: months from `first` to `last` (first days), and partners by ISO 3166 alpha-2 code.

    No partners means those that the source thinks best; a source that prints all in one reply ignores the list.
    `has_key` is for a source that also answers without one, elsewhere or less.
    """

    first: date
    last: date
    today: date
    partners: tuple[str, ...] = ()
    has_key: bool = True

    def spans(self, months: int = 1) -> Iterator[tuple[date, date]]:
        """The window cut into pieces of at most so many months, oldest first, each as (first, last) month."""
        start = self.first
        while start <= self.last:
            end = min(month_after(start, months - 1), self.last)
            yield start, end
            start = month_after(end)

    def years(self) -> Iterator[tuple[date, date]]:
        """The window cut at the end of each year, oldest first: pieces that stay the same as the window moves on."""
        for year in range(self.first.year, self.last.year + 1):
            yield max(self.first, date(year, 1, 1)), min(self.last, date(year, 12, 1))


@dataclass(frozen=True)
class Request:
    """What becomes one release: a first call, and the further pages that its replies name.

    `scope` lists the publisher's partner codes, by commas, that the release covers; empty means every partner of its
    months. A later release takes back only what lies in its own scope.
    `calls` counts its further pages too, where they are known beforehand.
    """

    call: Call
    period_from: date
    period_to: date
    scope: str = ""
    calls: int = 1

    @property
    def name(self) -> str:
        """Tells it from the other requests of its table, the same at every run."""
        return f"{self.period_from:%Y-%m}…{self.period_to:%Y-%m}{' ' if self.scope else ''}{self.scope}"


@dataclass(frozen=True)
class Page:
    """What one reply holds: rows of the publisher's own text, and the call for the next page, if there is one.

    `period` is given where only the data tell which months they cover, such as a file that is always whole.
    """

    rows: Sequence[Row]
    following: Call | None = None
    period: tuple[date, date] | None = None


@dataclass(frozen=True)
class Contract:
    """The publisher's own account of what it prints. `agree` raises `RefusedError` where what we ask for is not in it."""

    call: Call
    agree: Callable[[Reply], None]


@dataclass(frozen=True)
class Bulk:
    """How one large file becomes a release without ever lying in memory. `names` are those that its publisher gives it.

    `describe` says of a file, by its name and its listing, which printing it is; `batches` reads its rows as text, with a
    folder for what it unpacks; `months` finds the first and last month in some rows. All raise `RefusedError`.
    `by_hand` says how a person gets the file, where its publisher has no interface: then nothing is asked of it.
    """

    names: re.Pattern[str]
    schema: "pa.Schema"
    describe: Callable[[Path, Request], "Printing"]
    batches: Callable[[Path, "Printing", Path], Iterator["pa.RecordBatch"]]
    months: Callable[["pa.RecordBatch"], tuple[date, date] | None]
    by_hand: str = ""


@dataclass(frozen=True)
class Printing:
    """What a large file is: its scope, the months it is read for, the days of which one is that of its publication."""

    period_from: date
    period_to: date
    scope: str
    published_from: date
    published_to: date
    basis: str


@dataclass(frozen=True)
class Fetch:
    """How a table is fetched.

    `plan` cuts a window into requests, newest last. `read` makes rows of one reply, or raises `RefusedError`,
    `PassingError` or `ClosedError`; its message needs neither source nor table nor address.
    `first_open` tells, for a day, the first month that is not settled: months before it carry `settled_status`, from
    it on `open_status`. The window that is asked for by default starts there, or where `refetch_from` says.
    `check` looks at all rows of a release before it is kept and raises `RefusedError` where they cannot be right.
    An answer counts as fresh, and is not asked for again, for `fresh`; months before that window for a year.
    A printing of fewer than `fewest_rows` rows that covers every partner is refused; one of no rows is not kept.
    Where there is a `contract`, it is read once before a run's first request; none is asked if it does not agree.
    With `bulk` the answer is one large file, which is written to the disk and read from there.
    """

    plan: Callable[[Window], Iterable[Request]]
    read: Callable[[Reply], Page]
    first_open: Callable[[date], date]
    settled_status: str = "final"
    open_status: str = "preliminary"
    check: Callable[[Request, Sequence[Row]], None] = lambda request, rows: None
    fresh: timedelta = timedelta(hours=20)
    fewest_rows: int = 0
    earliest: date = date(2000, 1, 1)
    refetch_from: Callable[[date], date] | None = None
    contract: Contract | None = None
    bulk: Bulk | None = None

    def window_from(self, today: date) -> date:
        """The first month of the default window."""
        return (self.refetch_from or self.first_open)(today)


@dataclass(frozen=True)
class Access:
    """On what terms a publisher answers.

    `key_from` is one sentence that tells where to get a key; empty where none is needed. The key itself comes from
    `ENTREPOT_<SOURCE>_KEY` or the secrets file; `key_is_optional` where the publisher also answers without. At most `calls` start in `seconds`, `at_once` of them run together.
    `daily_calls` bounds a day in `day_zone`, for each table alone or, with `daily_for_all`, for the source as a whole.
    `judge` looks at every reply before its status does, and raises what the publisher's own error means.
    `terms` are those that a person has to accept first, by `ENTREPOT_ACCEPTED_TERMS=<source>`; else the source is off.
    A source that is `asked_by_name` is left out of a fetch of everything: what it sends is large.
    """

    key_from: str = ""
    key_is_optional: bool = False
    terms: str = ""
    calls: float = 5
    seconds: float = 1
    at_once: int = 4
    daily_calls: int | None = None
    daily_for_all: bool = False
    day_zone: str = "UTC"
    largest_bytes: int = 64_000_000
    judge: Callable[[Reply], None] = lambda reply: None
    asked_by_name: bool = False


@dataclass(frozen=True)
class RawTable:
    """One table as its publisher prints it. `name` is the raw table, the asset and the staging model's suffix.

    `columns` are the publisher's columns that staging reads: a release without one of them is refused, others are kept.
    `grain` is the sentence an analyst reads first; `unit` is the unit of the values in the raw table.
    `release_lag_days` is how long after a month's end its figures are due; None where nobody owes them.
    `partial_from_day` is the day on which a month that still runs has figures of its first days; None where it has none.
    `fetch` says how it is asked for; without it, it comes from the archive or from a user's files alone.
    One that `stays_in_landing` is too large to be copied: the warehouse reads its landing files, those columns alone.
    """

    name: str
    columns: tuple[str, ...]
    grain: str
    unit: str
    release_lag_days: int | None
    fetch: Fetch | None = None
    partial_from_day: int | None = None
    stays_in_landing: bool = False

    def last_printed(self, today: date) -> date:
        """The last month whose first figures are due on that day."""
        lag = timedelta(days=self.release_lag_days or 0)
        last = today.replace(day=1)
        if self.partial_from_day is not None and today.day >= self.partial_from_day:
            return last
        while month_after(last) - timedelta(days=1) + lag > today:
            last = month_after(last, -1)
        return last


@dataclass(frozen=True)
class Source:
    """A publisher. `name` is the one word used for module, raw schema, asset prefix, staging folder and archive folder.

    `collect`, given the settings and a table's name, takes in what lies on this machine before its releases are listed.
    """

    name: str
    publisher: str
    homepage: str
    licence: str
    tables: tuple[RawTable, ...] = field(default=())
    access: Access = Access()
    collect: Callable[[Settings, str], None] | None = None

    def table(self, name: str) -> RawTable:
        """Raises `EntrepotError` where the source has no table of that name."""
        for table in self.tables:
            if table.name == name:
                return table
        known = ", ".join(table.name for table in self.tables) or "none"
        raise EntrepotError(f"Source {self.name} has no table {name!r}. It has: {known}. Nothing was done.")

    @property
    def is_live(self) -> bool:
        return any(table.fetch for table in self.tables)


def discover() -> list[Source]:
    """Every `SOURCE` of the modules in `orchestration/sources/`, by name. No list of sources is kept anywhere else."""
    modules = sorted(module.name for module in pkgutil.iter_modules(sources.__path__))
    return [importlib.import_module(f"orchestration.sources.{module}").SOURCE for module in modules]
