"""How numbers, days and names are written, in prose and in charts. Plotly reads a little HTML, so words are escaped for it."""

from collections.abc import Iterable
from datetime import date, datetime
from html import escape
from textwrap import wrap
from typing import Any

from orchestration.publishing.figures.shown import Row


def billion(usd: Any, digits: int = 2, sign: bool = True) -> str:
    return number(None if usd is None else float(usd) / 1e9, digits, sign)


def number(value: Any, digits: int = 2, sign: bool = False) -> str:
    """A real minus; an en dash where nothing is known."""
    if value is None:
        return "–"
    return f"{float(value):{'+' if sign else ''},.{digits}f}".replace("-", "−")


def chance(value: float | None) -> str:
    return "below 0.001" if value is not None and value < 0.001 else number(value, 3)


def day(moment: date | datetime | None) -> str:
    return "–" if moment is None else f"{moment.day} {moment:%B %Y}"


def month(start: date | None) -> str:
    return "–" if start is None else f"{start:%b %Y}"


def known(rows: Iterable[Row], column: str = "known_from") -> str:
    """The vintage of what is shown: the latest printing among its rows."""
    moments = [row[column] for row in rows if row[column] is not None]
    return f"known from {day(max(moments))}" if moments else "no printing held"


def words(code: str | None) -> str:
    return (code or "–").replace("_", " ").replace("-", " ")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plain(text: str, width: int = 44) -> str:
    """For Plotly: one line, safe, not longer than `width`."""
    short = text if len(text) <= width else text[: width - 1].rstrip(" ,;") + "…"
    return escape(short, quote=False)


def folded(text: str, width: int = 18) -> str:
    """For Plotly on a phone: at most two short lines."""
    lines = wrap(text, width)
    if len(lines) > 2:
        lines = [lines[0], lines[1].rstrip(" ,;") + "…"]
    return "<br>".join(escape(line, quote=False) for line in lines)
