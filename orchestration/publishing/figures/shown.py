"""What a page is made of: sections with cards, figures and lists, each with its unit, ledger and vintage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

HOME, ABROAD = "KOR", "USA"
COUNTRIES = {HOME: "Korea", ABROAD: "the United States"}
LEDGERS = {"kcs": "Korean ledger", "census": "US ledger"}
Row = dict[str, Any]

Ask = Callable[..., list[Row]]


@dataclass(frozen=True)
class Table:
    """Cells as they are read; the first column heads its row. `text` names the columns that are not numbers."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    text: frozenset[int] = frozenset({0})


@dataclass(frozen=True)
class Chart:
    """One drawing: `says` is what a person would read off it, also for those who cannot see it."""

    label: str
    says: str
    plot: go.Figure
    table: Table


@dataclass(frozen=True)
class Figure:
    """Several charts are alternatives between which the reader chooses."""

    name: str
    title: str
    unit: str
    ledger: str
    vintage: str
    charts: list[Chart]
    choice: str = ""
    notes: tuple[str, ...] = ()
    partners: bool = False


@dataclass(frozen=True)
class Listing:
    """A table that stands for itself."""

    name: str
    title: str
    unit: str
    ledger: str
    vintage: str
    table: Table
    notes: tuple[str, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Card:
    label: str
    value: str
    unit: str
    text: tuple[str, ...] = ()
    ledger: str = ""
    badge: str = ""


@dataclass(frozen=True)
class Section:
    name: str
    title: str
    lead: tuple[str, ...] = ()
    short: str = ""
    cards: list[Card] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    side_by_side: bool = False
