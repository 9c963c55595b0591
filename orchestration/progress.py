"""What a run is doing, for a person at a terminal: Dagster's own events, one bar."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from dagster import DagsterEvent, DagsterEventType, InitLoggerContext, LoggerDefinition
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

LINE_EVERY_STEPS = 25


class Bar:
    """Counts finished assets and checks. Without a terminal it prints a line now and then instead of a bar."""

    def __init__(self, console: Console, steps: int) -> None:
        self.console = console
        self.started = time.monotonic()
        self.done = 0
        self.steps = steps
        self.bar = Progress(
            TextColumn("{task.description:<44}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            refresh_per_second=4,
        )
        self.task = self.bar.add_task("reading the asset graph", total=steps)

    def on_event(self, event: DagsterEvent) -> None:
        if event.event_type == DagsterEventType.ASSET_MATERIALIZATION and event.asset_key is not None:
            self._advance(" ".join(event.asset_key.path[-2:]))
        elif event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            self._advance(f"test {event.asset_check_evaluation_data.check_name}")

    def _advance(self, what: str) -> None:
        self.done += 1
        self.bar.update(self.task, completed=self.done, description=what[:44])
        if not self.console.is_terminal and (self.done % LINE_EVERY_STEPS == 0 or self.done == self.steps):
            seconds = time.monotonic() - self.started
            self.console.print(
                f"{seconds:6.1f} s  {self.done:4} of {self.steps} steps done, last {what}", soft_wrap=True
            )


_shown: ContextVar[Bar | None] = ContextVar("shown", default=None)


@contextmanager
def show(console: Console, steps: int) -> Iterator[Bar]:
    """While this lasts, runs of this process are shown on the console."""
    bar = Bar(console, steps)
    token = _shown.set(bar)
    try:
        if console.is_terminal:
            with bar.bar:
                yield bar
        else:
            yield bar
    finally:
        _shown.reset(token)


def tell(step: str) -> None:
    """Names what is being done now, where somebody watches."""
    bar = _shown.get()
    if bar is not None:
        bar.bar.update(bar.task, description=step[:44])


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        bar = _shown.get()
        if bar is not None and event is not None:
            bar.on_event(event)


def _to_the_terminal(init_context: InitLoggerContext) -> logging.Logger:
    shown = logging.Logger("entrepot.progress", level=logging.DEBUG)
    shown.addHandler(_Handler())
    return shown


progress = LoggerDefinition(
    _to_the_terminal, description="Shows the run at the terminal of `entrepot build`; silent elsewhere."
)
