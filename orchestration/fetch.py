"""From publishers to landing: what is due, asked within their limits, kept release by release.

Landing files say what is held. One small file for each source, `calls/<source>.jsonl`, says what was asked and when: it
bounds the calls of a day, and a fetch that was stopped, or whose day ran out of calls, goes on where it ended.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pyarrow as pa
from filelock import FileLock, Timeout

from orchestration import holder
from orchestration.errors import EntrepotError
from orchestration.http import Client
from orchestration.landing import Release, checksum_of_file, keep_stream, land, months_held, printing_before, printings
from orchestration.release_calendar import last_month_due, last_release
from orchestration.replies import Call, ClosedError, NothingError, RefusedError, UsedUpError
from orchestration.settings import Settings
from orchestration.source import Access, Bulk, Fetch, Page, RawTable, Request, Row, Source, Window, month_after

A_YEAR = timedelta(days=365)
FEWEST_TO_COMPARE = 10
SHRUNKEN = 0.6
EMPTY_IS_FRESH = timedelta(hours=3)
MOST_PAGES = 2_000
MOST_COLUMNS = 200
SENT = "sent"
ANSWERS = ("kept", "unchanged", "empty")
# A log of calls is written anew without what nobody asks of it any more, once there are so many such lines.
MOST_SPARE_LINES = 10_000


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
    note: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    closed: str = ""
    kept_months: set[date] = field(default_factory=set)

    @property
    def name(self) -> str:
        return f"{self.source.name}/{self.table.name}"

    @property
    def calls(self) -> int:
        return sum(request.calls for request in self.due)

    @property
    def waiting(self) -> int:
        return 0 if self.off else len(self.due) - self.outcomes.total()


@dataclass(frozen=True)
class Line:
    """One line of a log of calls: that a request was `sent`, or how it ended."""

    at: datetime
    table: str
    request: str
    outcome: str

    @staticmethod
    def read(text: str) -> "Line | None":
        """None where a run was killed as it wrote."""
        try:
            cells = json.loads(text)
            return Line(datetime.fromisoformat(cells["at"]), cells["table"], cells["request"], cells["outcome"])
        except (ValueError, KeyError, TypeError):
            return None

    def __str__(self) -> str:
        cells = asdict(self) | {"at": self.at.isoformat(timespec="seconds")}
        return json.dumps(cells, ensure_ascii=False) + "\n"


class CallLog:
    """Requests to one publisher: a line when one is sent, a line when it is answered."""

    def __init__(self, path: Path, access: Access) -> None:
        self._path, self._access = path, access
        self._zone = ZoneInfo(access.day_zone)
        self._sent: Counter[tuple[str, date]] = Counter()
        self._answered: dict[tuple[str, str], Line] = {}
        written = path.read_text(encoding="utf-8") if path.is_file() else ""
        self._break = "\n" if written and not written.endswith("\n") else ""
        self._lines = [line for text in written.splitlines() if (line := Line.read(text))]
        for line in self._lines:
            self._count(line)

    def calls_left(self, table: str, now: datetime) -> int | None:
        """Of the day in the publisher's zone; None where there is no limit."""
        if self._access.daily_calls is None:
            return None
        day = now.astimezone(self._zone).date()
        tables = {name for name, _ in self._sent} if self._access.daily_for_all else {table}
        return max(0, self._access.daily_calls - sum(self._sent[name, day] for name in tables))

    def answered(self, table: str, request: str) -> tuple[datetime, str] | None:
        """When a request was last answered, and how."""
        line = self._answered.get((table, request))
        return (line.at, line.outcome) if line else None

    def write(self, table: str, request: str, outcome: str, now: datetime) -> None:
        line = Line(now, table, request, outcome)
        self._count(line)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(f"{self._break}{line}")
        self._break = ""

    def shorten(self, now: datetime) -> None:
        """Keeps the calls of this day and the last answer to each request, once the file is mostly other lines.

        It is replaced whole, or left as it is where the disk refuses. Only who holds the source's lock may do it.
        """
        day = now.astimezone(self._zone).date()
        answers = {id(line) for line in self._answered.values()}
        kept = [
            line for line in self._lines if id(line) in answers or (line.outcome == SENT and self._day(line) >= day)
        ]
        if len(self._lines) <= 2 * len(kept) + MOST_SPARE_LINES:
            return
        part = self._path.with_suffix(".part")
        with suppress(OSError):
            with part.open("w", encoding="utf-8") as lines:
                lines.writelines(map(str, kept))
                lines.flush()
                os.fsync(lines.fileno())
            part.replace(self._path)
            self._lines, self._break = kept, ""

    def _day(self, line: Line) -> date:
        return line.at.astimezone(self._zone).date()

    def _count(self, line: Line) -> None:
        if line.outcome == SENT:
            self._sent[line.table, self._day(line)] += 1
        elif line.outcome in ANSWERS:
            self._answered[line.table, line.request] = line


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
    if source.access.terms and not at.accepts(source.name):
        off = f"until you accept its terms: {source.access.terms} If you do, set ENTREPOT_ACCEPTED_TERMS={source.name}."
    for table in source.tables:
        if table.fetch is None:
            continue
        window = _window(source, table, table.fetch, asked, now)
        note, table_off = (
            _by_hand(at, source, table.fetch),
            "" if table.fetch.bulk and table.fetch.bulk.by_hand else off,
        )
        requests = [] if table_off or note else list(table.fetch.plan(replace(window, has_key=has_key)))
        printed = last_release(source.name, table.name, now)
        due = [each for each in requests if asked.again or not _is_fresh(log, table, table.fetch, each, now, printed)]
        due.sort(key=lambda request: request.period_to, reverse=True)
        left = log.calls_left(table.name, now)
        fresh = len(requests) - len(due)
        yield Part(source, table, table.fetch, due, fresh=fresh, calls_left=left, off=table_off, note=note)


def _by_hand(at: Settings, source: Source, fetch: Fetch) -> str:
    """What a person should do where only they can get a file, and none lies there."""
    if fetch.bulk is None or not fetch.bulk.by_hand or _brought(at, source, fetch.bulk):
        return ""
    return f"nothing lies in {at.downloads / source.name}: {fetch.bulk.by_hand}"


def _brought(at: Settings, source: Source, bulk: Bulk) -> list[Path]:
    """Large files that the user put into the downloads."""
    found = (at.downloads / source.name).glob("*")
    return sorted(path for path in found if path.is_file() and bulk.names.fullmatch(path.name))


def _window(source: Source, table: RawTable, fetch: Fetch, asked: Asked, now: datetime) -> Window:
    today = now.astimezone(ZoneInfo(source.access.day_zone)).date()
    newest = max(table.last_printed(today), last_month_due(source.name, table.name, now) or fetch.earliest)
    last = asked.last or newest
    first = max(asked.first or min(fetch.window_from(today), last), fetch.earliest)
    return Window(first=first, last=last, today=today, partners=asked.partners)


def _is_fresh(
    log: CallLog, table: RawTable, fetch: Fetch, request: Request, now: datetime, printed: datetime | None
) -> bool:
    """Months that the publisher no longer changes are asked for once a year; an open one again after a while, and
    always once its calendar says that it has printed since."""
    answered, outcome = log.answered(table.name, request.name) or (None, "")
    if answered is None:
        return False
    if request.period_to < fetch.window_from(answered.date()):
        return now - answered < A_YEAR
    if printed is not None and answered < printed:
        return False
    return now - answered < (min(fetch.fresh, EMPTY_IS_FRESH) if outcome == "empty" else fetch.fresh)


def landed_months(at: Settings, source: Source, table: RawTable, now: datetime | None = None) -> set[date]:
    """Months whose every request was answered and of which a release is held: those that a plan does not miss."""
    if table.fetch is None:
        return set()
    log = CallLog(at.calls / f"{source.name}.jsonl", source.access)
    window = _window(source, table, table.fetch, Asked(first=table.fetch.earliest), now or now_utc())
    requests = list(table.fetch.plan(replace(window, has_key=at.key(source.name) is not None)))
    missing = {each.period_from for each in requests if log.answered(table.name, each.name) is None}
    asked = {each.period_from for each in requests}
    return (asked - missing) & months_held(at.landing, source.name, table.name)


@contextmanager
def only_one(at: Settings, sources: Sequence[Source]) -> Iterator[None]:
    """Two fetches of one source at once would count the calls of a day twice over; two sources go side by side."""
    at.prepare()
    at.calls.mkdir(exist_ok=True)
    with ExitStack() as locks:
        for source in sources:
            note = at.calls / f"{source.name}.json"
            try:
                lock = FileLock(at.calls / f"{source.name}.lock", is_singleton=True)
                locks.enter_context(lock.acquire(blocking=False))
            except Timeout:
                other = holder.noted(note)
                raise EntrepotError(
                    f"Another fetch of {source.name} into {at.home} is running{f': {other}' if other else ''}. Nothing was "
                    "asked. Wait until it ends, or set ENTREPOT_HOME."
                ) from None
            holder.note(note)
            locks.callback(holder.remove, note)
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
        self._log.shorten(clock())
        self._queue = iter([(part, request) for part in parts for request in part.due])
        self._agreed = {part.name: asyncio.Lock() for part in parts if part.fetch.contract}

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
                await self._agree(client, part)
                if part.closed:
                    continue
                outcome = await self._one(client, part, request)
            except NothingError:
                outcome = "empty"
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

    async def _agree(self, client: Client, part: Part) -> None:
        """Reads the contract of a part once, while its other requests wait. Raises `ClosedError` where it does not agree."""
        lock = self._agreed.get(part.name)
        if lock is None or part.fetch.contract is None:
            return
        async with lock:
            if part.name in self._agreed and not part.closed:
                try:
                    await client.get(
                        part.fetch.contract.call, part.fetch.contract.agree, self._counted(part, "contract")
                    )
                except ClosedError:
                    raise
                except RefusedError as problem:
                    raise ClosedError(str(problem)) from None
                del self._agreed[part.name]

    def _close(self, part: Part, why: str) -> None:
        for other in self._parts if self._source.access.daily_for_all else [part]:
            other.closed = other.closed or why

    def _explained(self, part: Part, request: Request, problem: EntrepotError, kept: str) -> str:
        return f"{part.name} {request.name}: {str(problem).rstrip('.')}. {kept} Asked at {request.call.address}"

    async def _one(self, client: Client, part: Part, request: Request) -> str:
        """One request, all its pages → one release, or the word that tells why there is none."""
        if part.fetch.bulk is not None:
            return await self._large(client, part, request, part.fetch.bulk)
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
        self._check(part, request, rows, printing_before(self._at.landing, release))
        if not rows:
            return "empty"
        _, is_new = land(self._at.landing, release, text_table(rows))
        if is_new:
            part.kept_months.add(period[0])
        return "kept" if is_new else "unchanged"

    async def _large(self, client: Client, part: Part, request: Request, bulk: Bulk) -> str:
        """Large files → a release each: those that the user put into the downloads, or else the one asked for."""
        folder = self._at.downloads / self._source.name
        folder.mkdir(parents=True, exist_ok=True)
        files = _brought(self._at, self._source, bulk)
        with TemporaryDirectory(dir=folder) as work:
            if not files:
                files = [Path(work) / request.call.url.rpartition("/")[2]]
                await client.download(request.call, files[0], self._counted(part, request.name))
            outcomes = [
                await asyncio.to_thread(self._unpacked, part, request, bulk, path, Path(work)) for path in files
            ]
        return "kept" if "kept" in outcomes else "unchanged"

    def _unpacked(self, part: Part, request: Request, bulk: Bulk, path: Path, work: Path) -> str:
        printing = bulk.describe(path, request)
        release = replace(
            self._release(part, request, (printing.period_from, printing.period_to)),
            published_from=printing.published_from,
            published_to=printing.published_to,
            basis=printing.basis,
            scope=printing.scope,
            url=request.call.url if path.is_relative_to(work) else path.name,
            checksum=checksum_of_file(path, f"{printing.period_from} {printing.period_to}"),
        )
        held = printings(self._at.landing, release)
        if any(kept.checksum == release.checksum for kept in held):
            return "unchanged"
        keep_stream(self._at.landing, release, bulk.batches(path, printing, work), bulk.schema, bulk.months)
        return "kept"

    async def _page(self, client: Client, part: Part, request: Request, call: Call) -> Page:
        return await client.get(call, part.fetch.read, self._counted(part, request.name))

    def _counted(self, part: Part, name: str) -> Callable[[], None]:
        """Writes down each call before it is sent; raises `UsedUpError` where the day has none left."""

        def before() -> None:
            left = self._log.calls_left(part.table.name, self._clock())
            if left == 0:
                access = self._source.access
                raise UsedUpError(
                    f"the {access.daily_calls:,} calls of a day are used up; they begin anew at 00:00 {access.day_zone}"
                )
            self._log.write(part.table.name, name, SENT, self._clock())

        return before

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
