"""A fetch, as a person asks for it and sees it: months and partners in, a plan, a bar, a summary and its failures out."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from orchestration.errors import EntrepotError
from orchestration.fetch import Part
from orchestration.source import Source, discover

LINE_EVERY_REQUESTS = 25
MOST_FAILURES = 20


def month(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if not found or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1900:
        raise EntrepotError(f"{option} {text} is not a month. Write it as 2026-10. Nothing was asked.")
    return date(int(found[1]), int(found[2]), 1)


def partners(text: str | None) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(code.strip().upper() for code in (text or "").split(",") if code.strip()))
    wrong = [code for code in codes if not re.fullmatch(r"[A-Z]{2}", code)]
    if wrong:
        raise EntrepotError(f"--partners {', '.join(wrong)}: ISO codes have two letters, as US,CN. Nothing was asked.")
    return codes


def chosen(names: Sequence[str]) -> list[Source]:
    """Sources that can be fetched, all or those named, with all their tables or the one named after a slash."""
    live = {source.name: source for source in discover() if source.is_live}
    known = [
        *live,
        *(f"{name}/{table.name}" for name, source in live.items() for table in source.tables if table.fetch),
    ]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise EntrepotError(
            f"{', '.join(unknown)} cannot be fetched. There are {', '.join(live)}, and their tables such as {known[-1]}."
        )
    wanted = set(names or (name for name, source in live.items() if not source.access.asked_by_name))
    narrowed = {
        name: source
        if name in wanted
        else replace(source, tables=tuple(table for table in source.tables if f"{name}/{table.name}" in wanted))
        for name, source in live.items()
    }
    return [source for source in narrowed.values() if source.is_live]


def plan(parts: Sequence[Part]) -> RenderableType:
    """One line for each table: what would be asked, against the calls that are left today."""
    table = _table("table", "from", "to", right=("requests", "calls", "fresh", "left today"))
    for part in parts:
        if part.off:
            continue
        months = [request.period_from for request in part.due], [request.period_to for request in part.due]
        first, last = (
            f"{edge:%Y-%m}" if edge else "" for edge in (min(months[0], default=None), max(months[1], default=None))
        )
        left = "no limit" if part.calls_left is None else f"{part.calls_left:,}"
        table.add_row(part.name, first, last, f"{len(part.due):,}", f"{part.calls:,}", f"{part.fresh:,}", left)
    by_hand = [Text(f"{part.name}: {part.note}.") for part in parts if part.note]
    return Group(table, *_off(parts), *_days(parts), *by_hand)


def summary(parts: Sequence[Part]) -> RenderableType:
    table = _table("table", right=("added", "unchanged", "empty", "fresh", "failed", "waiting"))
    for part in parts:
        if not part.off:
            counts = [part.outcomes[outcome] for outcome in ("kept", "unchanged", "empty")]
            table.add_row(part.name, *(f"{n:,}" for n in (*counts, part.fresh, part.outcomes["failed"], part.waiting)))
    notes = [
        Text(f"{part.name}: {part.closed}. Run again after that.")
        for part in parts
        if part.closed and not part.failures
    ]
    notes += [Text(f"{part.name}: {part.note}.") for part in parts if part.note]
    added = sum(part.outcomes["kept"] for part in parts)
    after = [Text(f"{added:,} releases added: `entrepot build` loads them.")] if added else []
    return Group(table, *_off(parts), *notes, *after)


def raise_failures(parts: Sequence[Part]) -> None:
    failures = [failure for part in parts for failure in part.failures]
    if not failures:
        return
    shown = [f"  {failure}" for failure in failures[:MOST_FAILURES]]
    more = [f"  and {len(failures) - MOST_FAILURES} more"] if len(failures) > MOST_FAILURES else []
    raise EntrepotError(
        "\n".join(
            [
                f"{len(failures)} requests failed; what came of the others is kept.",
                *shown,
                *more,
                "Run the same command again: only what is missing is asked for.",
            ]
        )
    )


@contextmanager
def bar(console: Console, parts: Sequence[Part]) -> Iterator[Callable[[Part, str], None]]:
    """Counts answered requests, with the time left. Without a terminal it prints a line now and then instead."""
    due = sum(len(part.due) for part in parts if not part.off)
    shown = Progress(
        TextColumn("{task.description:<32}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    task = shown.add_task("asking", total=due)
    done = 0

    def tell(part: Part, outcome: str) -> None:
        nonlocal done
        done += 1
        shown.update(task, completed=done, description=part.name[:32])
        if not console.is_terminal and (done % LINE_EVERY_REQUESTS == 0 or done == due):
            console.print(f"{done:,} of {due:,} requests answered, last {part.name}: {outcome}", soft_wrap=True)

    if console.is_terminal and due:
        with shown:
            yield tell
    else:
        yield tell


def _table(*left: str, right: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    return table


def _off(parts: Sequence[Part]) -> list[Text]:
    """One sentence for each source that is switched off."""
    return [
        Text(f"{name} is switched off, {why}") for name, why in {p.source.name: p.off for p in parts if p.off}.items()
    ]


def _days(parts: Sequence[Part]) -> list[Text]:
    """Where a day's calls are too few, how many days it takes."""
    notes = []
    for part in parts:
        most = part.source.access.daily_calls
        if part.calls_left is not None and most and part.calls > part.calls_left:
            days = 1 + -(-(part.calls - part.calls_left) // most)
            notes.append(Text(f"{part.name} takes {days} days at {most:,} calls a day: run the same command each day."))
    return notes
