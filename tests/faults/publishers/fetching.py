"""A fetch against local publishers: quick to give up, with a home of its own, at a clock that a test sets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orchestration.fetch import Asked, Part, plan, run
from orchestration.fetch_shown import chosen
from orchestration.landing import Release, releases
from orchestration.settings import Patience, Settings

from .server import Served

QUICK = Patience(
    connect_seconds=20,
    read_seconds=20,
    whole_seconds=60,
    attempts=3,
    first_wait_seconds=0,
    longest_wait_seconds=5,
    hurry=1000,
)
SOME_DAY = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@dataclass
class Desk:
    """Where a test asks from."""

    served: Served
    home: Path
    patience: Patience = field(default_factory=lambda: QUICK)

    @property
    def at(self) -> Settings:
        return Settings(home=self.home, fetch_via=self.served.address, patience=self.patience)

    def fetch(
        self, table: str, now: datetime = SOME_DAY, tell: Callable[..., None] = lambda *_: None, **asked: Any
    ) -> Part:
        """One table, over the wire; what became of it."""
        question = Asked(**asked)
        (part,) = plan(self.at, chosen([table]), question, now)
        run(self.at, [part], question, tell, lambda: now)
        return part

    def held(self, table: str) -> list[Release]:
        return releases(self.at.landing, *table.split("/"))

    def rows(self, table: str) -> list[dict[str, str | None]]:
        """All rows of all releases held, oldest release first."""
        found = [pq.read_table(release.path(self.at.landing)).to_pylist() for release in self.held(table)]
        return [row for rows in found for row in rows]

    def kept_text(self) -> str:
        """Every byte that the fetch wrote, names of files included, for a test that looks for what must not be there."""
        files = [path for path in sorted(self.home.rglob("*")) if path.is_file()]
        return "\n".join(f"{path} {path.read_bytes()!r}" for path in files)
