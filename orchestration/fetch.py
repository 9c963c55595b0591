"""From publishers to landing: what is due, asked within their limits, kept release by release.

Landing files say what is held. One small file for each source, `calls/<source>.jsonl`, says what was asked and when: it
bounds the calls of a day, and a fetch that was stopped, or whose day ran out of calls, goes on where it ended.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
from filelock import FileLock, Timeout

from orchestration.errors import EntrepotError
from orchestration.http import Client
from orchestration.landing import Release, land, printings
from orchestration.replies import Call, ClosedError, RefusedError, UsedUpError
from orchestration.settings import Settings
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

A_YEAR = timedelta(days=365)
FEWEST_TO_COMPARE = 10
SHRUNKEN = 0.6
MOST_PAGES = 2_000
MOST_COLUMNS = 200
ANSWERS = ("kept", "unchanged", "empty")


@dataclass(frozen=True)
class Asked:
    """What a person or a schedule asks for. Without months, each table's own window: what its publisher may have changed.

    `again` asks also for what is fresh. `smaller` keeps a printing though it shrank against the one before it.
    """

    first: date | None = None
    last: date | None = None
    partners: tuple[str, ...] = ()
    again: bool = False
    smaller: bool = False


@dataclass
class Part:
    """One table's share of a fetch: the requests that are due, and what became of them."""

    source: Source
    table: RawTable
    fetch: Fetch
    due: list[Request]
    fresh: int = 0
    calls_left: int | None = None
    off: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    closed: str = ""

    @property
    def name(self) -> str:
        return f"{self.source.name}/{self.table.name}"

    @property
    def waiting(self) -> int:
        return 0 if self.off else len(self.due) - self.outcomes.total()


class CallLog:
    """Requests to one publisher: a line when one is sent, a line when it is answered. Only ever added to."""

    def __init__(self, path: Path, access: Access) -> None:
        self._path, self._access = path, access
        self._zone = ZoneInfo(access.day_zone)
        self._sent: Counter[tuple[str, date]] = Counter()
        self._answered: dict[tuple[str, str], datetime] = {}
        written = path.read_text(encoding="utf-8") if path.is_file() else ""
        self._break = "\n" if written and not written.endswith("\n") else ""
        for line in written.splitlines():
            try:
                entry = json.loads(line)
                self._count(datetime.fromisoformat(entry["at"]), entry["table"], entry["request"], entry["outcome"])
            except (ValueError, KeyError, TypeError):
                continue  # the last line of a run that was killed

    def calls_left(self, table: str, now: datetime) -> int | None:
        """Of the day in the publisher's zone; None where there is no limit."""
        if self._access.daily_calls is None:
            return None
        day = now.astimezone(self._zone).date()
        tables = {name for name, _ in self._sent} if self._access.daily_for_all else {table}
        return max(0, self._access.daily_calls - sum(self._sent[name, day] for name in tables))

    def answered(self, table: str, request: str) -> datetime | None:
        return self._answered.get((table, request))

    def write(self, table: str, request: str, outcome: str, now: datetime) -> None:
        self._count(now, table, request, outcome)
        entry = {"at": now.isoformat(timespec="seconds"), "table": table, "request": request, "outcome": outcome}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(self._break + json.dumps(entry, ensure_ascii=False) + "\n")
        self._break = ""

    def _count(self, at: datetime, table: str, request: str, outcome: str) -> None:
        if outcome == "sent":
            self._sent[table, at.astimezone(self._zone).date()] += 1
        elif outcome in ANSWERS:
            self._answered[table, request] = at


def now_utc() -> datetime:
    return datetime.now(UTC)


def plan(at: Settings, sources: Sequence[Source], asked: Asked, now: datetime | None = None) -> list[Part]:
    """What is due of each table that can be fetched, newest months first. Reads no network."""
    now = now or now_utc()
    return [part for source in sources for part in _parts(at, source, asked, now)]


def _parts(at: Settings, source: Source, asked: Asked, now: datetime) -> Iterator[Part]:
    log = CallLog(at.calls / f"{source.name}.jsonl", source.access)
    off = ""
    has_key = bool(source.access.key_from) and at.key(source.name) is not None
    if source.access.key_from and not has_key and not source.access.key_is_optional:
        off = f"no key: {source.access.key_from} Then set ENTREPOT_{source.name.upper()}_KEY."
    for table in source.tables:
        if table.fetch is None:
            continue
        today = now.astimezone(ZoneInfo(source.access.day_zone)).date()
        requests = [] if off else list(table.fetch.plan(_window(table, table.fetch, asked, today, has_key)))
        due = [each for each in requests if asked.again or not _is_fresh(log, table, table.fetch, each, now)]
        due.sort(key=lambda request: request.period_to, reverse=True)
        left = log.calls_left(table.name, now)
        yield Part(source, table, table.fetch, due, fresh=len(requests) - len(due), calls_left=left, off=off)


def _window(table: RawTable, fetch: Fetch, asked: Asked, today: date, has_key: bool) -> Window:
    last = asked.last or table.last_printed(today)
    first = max(asked.first or min(fetch.window_from(today), last), fetch.earliest)
    return Window(first=first, last=last, today=today, partners=asked.partners, has_key=has_key)


def _is_fresh(log: CallLog, table: RawTable, fetch: Fetch, request: Request, now: datetime) -> bool:
    """Months that the publisher no longer changes are asked for once a year; an open one again after a while."""
    answered = log.answered(table.name, request.name)
    if answered is None:
        return False
    was_settled = request.period_to < fetch.window_from(answered.date())
    return now - answered < (A_YEAR if was_settled else fetch.fresh)


@contextmanager
def only_one(at: Settings) -> Iterator[None]:
    """Two fetches at once would count the calls of a day twice over."""
    at.prepare()
    try:
        held = FileLock(at.home / "fetch.lock", is_singleton=True).acquire(blocking=False)
    except Timeout:
        raise EntrepotError(
            f"Another fetch into {at.home} is running. Nothing was asked. Wait until it ends, or set ENTREPOT_HOME."
        ) from None
    with held:
        yield


def run(
    at: Settings,
    parts: Sequence[Part],
    asked: Asked,
    tell: Callable[[Part, str], None] = lambda part, outcome: None,
    clock: Callable[[], datetime] = now_utc,
) -> None:
    """Asks for all that is due, source by source side by side, and keeps each release as it comes.

    Each part says at the end what became of it. A request that fails costs no other. `tell` hears of each outcome.
    Raises `KeyboardInterrupt` when stopped; what came until then is kept, and the next fetch goes on from there.
    """
    asyncio.run(_run(at, parts, asked, tell, clock))


async def _run(
    at: Settings,
    parts: Sequence[Part],
    asked: Asked,
    tell: Callable[[Part, str], None],
    clock: Callable[[], datetime],
) -> None:
    by_source: dict[str, list[Part]] = {}
    for part in parts:
        if part.due and not part.off:
            by_source.setdefault(part.source.name, []).append(part)
    async with asyncio.TaskGroup() as sources:
        for mine in by_source.values():
            sources.create_task(_Fetcher(at, mine, asked, tell, clock).run())


class _Fetcher:
    """One source's part of a fetch: as many workers as the publisher answers at once, one queue."""

    def __init__(
        self,
        at: Settings,
        parts: Sequence[Part],
        asked: Asked,
        tell: Callable[[Part, str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._at, self._parts, self._asked, self._tell, self._clock = at, parts, asked, tell, clock
        self._source = parts[0].source
        self._log = CallLog(at.calls / f"{self._source.name}.jsonl", self._source.access)
        self._queue = iter([(part, request) for part in parts for request in part.due])

    async def run(self) -> None:
        access = self._source.access
        key = self._at.key(self._source.name) if access.key_from else None
        async with Client(access, key, self._at.patience, self._at.fetch_via) as client, asyncio.TaskGroup() as workers:
            for _ in range(access.at_once):
                workers.create_task(self._work(client))

    async def _work(self, client: Client) -> None:
        for part, request in self._queue:
            if part.closed:
                continue
            try:
                outcome = await self._one(client, part, request)
            except UsedUpError as problem:
                self._close(part, str(problem))
                continue
            except ClosedError as problem:
                outcome = "failed"
                if not part.closed:
                    part.failures.append(self._explained(part, request, problem, "No more was asked of it."))
                self._close(part, str(problem))
            except EntrepotError as problem:
                outcome = "failed"
                part.failures.append(self._explained(part, request, problem, "Nothing of it was kept."))
            part.outcomes[outcome] += 1
            self._log.write(part.table.name, request.name, outcome, self._clock())
            self._tell(part, outcome)

    def _close(self, part: Part, why: str) -> None:
        for other in self._parts if self._source.access.daily_for_all else [part]:
            other.closed = other.closed or why

    def _explained(self, part: Part, request: Request, problem: EntrepotError, kept: str) -> str:
        return f"{part.name} {request.name}: {str(problem).rstrip('.')}. {kept} Asked at {request.call.address}"

    async def _one(self, client: Client, part: Part, request: Request) -> str:
        """One request, all its pages → one release, or the word that tells why there is none."""
        rows: list[Row] = []
        period = request.period_from, request.period_to
        call: Call | None = request.call
        for _ in range(MOST_PAGES):
            if call is None:
                break
            page = await self._page(client, part, request, call)
            rows.extend(page.rows)
            period, call = page.period or period, page.following
        if call is not None:
            raise RefusedError(f"the reply names ever more pages; {MOST_PAGES:,} were read")
        release = self._release(part, request, period)
        held = printings(self._at.landing, release)
        self._check(part, request, rows, held[-1] if held else None)
        if not rows:
            return "empty"
        _, is_new = land(self._at.landing, release, text_table(rows))
        return "kept" if is_new else "unchanged"

    async def _page(self, client: Client, part: Part, request: Request, call: Call) -> Page:
        def before() -> None:
            left = self._log.calls_left(part.table.name, self._clock())
            if left == 0:
                access = self._source.access
                raise UsedUpError(
                    f"the {access.daily_calls:,} calls of a day are used up; they begin anew at 00:00 {access.day_zone}"
                )
            self._log.write(part.table.name, request.name, "sent", self._clock())

        return await client.get(call, part.fetch.read, before)

    def _release(self, part: Part, request: Request, period: tuple[date, date]) -> Release:
        moment = self._clock()
        today = moment.astimezone(ZoneInfo(self._source.access.day_zone)).date()
        return Release(
            source=self._source.name,
            table=part.table.name,
            url=request.call.address,
            basis="fetched",
            period_from=period[0],
            period_to=period[1],
            settled_through=month_after(part.fetch.first_open(today), -1),
            settled_status=part.fetch.settled_status,
            open_status=part.fetch.open_status,
            retrieved_at=moment,
            scope=request.scope,
        )

    def _check(self, part: Part, request: Request, rows: Sequence[Row], held: Release | None) -> None:
        """What the rows must be before they may stand as a printing, which could take back what was known."""
        compared = held is not None and held.row_count >= FEWEST_TO_COMPARE and not self._asked.smaller
        if compared and held is not None and len(rows) < SHRUNKEN * held.row_count:
            raise RefusedError(
                f"the reply has {len(rows):,} rows, the printing held has {held.row_count:,}: months do not shrink "
                "like that. If the publisher did take them back, fetch with --smaller"
            )
        missing = [column for column in part.table.columns if not any(column in row for row in rows)]
        if rows and missing:
            raise RefusedError(
                f"the reply lacks the column {', '.join(missing)}; it has {', '.join(dict.fromkeys(n for r in rows for n in r))[:1000]}. "
                "The publisher renamed or dropped it: teach the source module and its staging model"
            )
        if rows and not request.scope and len(rows) < part.fetch.fewest_rows:
            raise RefusedError(f"the reply has {len(rows):,} rows; a whole one has at least {part.fetch.fewest_rows:,}")
        part.fetch.check(request, rows)


def text_table(rows: Sequence[Row]) -> pa.Table:
    """Every column that any row has, all text, in the order in which they came."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > MOST_COLUMNS:
        raise RefusedError(f"the reply names {len(names):,} columns; no table of this project has {MOST_COLUMNS}")
    try:
        return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    except UnicodeEncodeError as problem:
        raise RefusedError(f"the reply holds half a letter, which no file can keep ({problem.reason})") from None
