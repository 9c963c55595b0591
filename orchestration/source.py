"""What a publisher's dataset is, and how the modules in `sources/` are found."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field

from orchestration import sources
from orchestration.errors import EntrepotError
from orchestration.settings import Settings


@dataclass(frozen=True)
class RawTable:
    """One table as its publisher prints it. `name` is the raw table, the asset and the staging model's suffix.

    `columns` are the publisher's columns that staging reads: a release without one of them is refused, others are kept.
    `grain` is the sentence an analyst reads first; `unit` is the unit of the values in the raw table.
    `release_lag_days` is how long after a month's end its first figures are due; None where nobody owes them.
    """

    name: str
    columns: tuple[str, ...]
    grain: str
    unit: str
    release_lag_days: int | None


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
    collect: Callable[[Settings, str], None] | None = None

    def table(self, name: str) -> RawTable:
        """Raises `EntrepotError` where the source has no table of that name."""
        for table in self.tables:
            if table.name == name:
                return table
        known = ", ".join(table.name for table in self.tables) or "none"
        raise EntrepotError(f"Source {self.name} has no table {name!r}. It has: {known}. Nothing was done.")


def discover() -> list[Source]:
    """Every `SOURCE` of the modules in `orchestration/sources/`, by name. No list of sources is kept anywhere else."""
    modules = sorted(module.name for module in pkgutil.iter_modules(sources.__path__))
    return [importlib.import_module(f"orchestration.sources.{module}").SOURCE for module in modules]
