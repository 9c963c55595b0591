"""What a publisher's dataset is, and how the modules in `sources/` are found."""

import importlib
import pkgutil
from dataclasses import dataclass, field

from orchestration import sources


@dataclass(frozen=True)
class RawTable:
    """One table as its publisher prints it. `name` is the raw table, the asset and the staging model's suffix.

    `columns` are the publisher's columns that staging reads: a release without one of them is refused, others are kept.
    `grain` is the sentence an analyst reads first; `unit` is the unit of the values in the raw table.
    `release_lag_days` is how long after a month's end its first figures are due.
    """

    name: str
    columns: tuple[str, ...]
    grain: str
    unit: str
    release_lag_days: int


@dataclass(frozen=True)
class Source:
    """A publisher. `name` is the one word used for module, raw schema, asset prefix, staging folder and archive folder."""

    name: str
    publisher: str
    homepage: str
    licence: str
    tables: tuple[RawTable, ...] = field(default=())

    def table(self, name: str) -> RawTable:
        return next(table for table in self.tables if table.name == name)


def discover() -> list[Source]:
    """Every `SOURCE` of the modules in `orchestration/sources/`, by name. No list of sources is kept anywhere else."""
    modules = sorted(module.name for module in pkgutil.iter_modules(sources.__path__))
    return [importlib.import_module(f"orchestration.sources.{module}").SOURCE for module in modules]
