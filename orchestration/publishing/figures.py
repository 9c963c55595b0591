"""What the page shows, as data: sections with their figures, the table under each, and where each number comes from.

Every figure carries its unit, ledger and vintage. Colours are names (`var(--kcs)`) that the page resolves, so that one
figure serves light and dark. Words from outside (titles, sector names) reach Plotly escaped: it reads a little HTML.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from orchestration.errors import EntrepotError

HOME, ABROAD = "KOR", "USA"
COUNTRIES = {HOME: "Korea", ABROAD: "the United States"}
LEDGERS = {"kcs": "Korean ledger", "census": "US ledger"}
THEN = date(2023, 4, 15)
CLOCK_STARTS = date(2024, 7, 1)
CLOCK_SCOPES = ("all", "autos", "auto_parts", "steel")
CARS = "8703+8708"
BANKS = {"fed": "Federal Reserve", "bok": "Bank of Korea", "boj": "Bank of Japan"}

Row = dict[str, Any]
Ask = Callable[..., list[Row]]


@dataclass(frozen=True)
class Table:
    """Cells as they are read; the first column heads its row. `text` names the columns that are not numbers."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
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


def sections(ask: Ask) -> list[Section]:
    """All the page shows, in reading order. A section whose mart this release does not have is left out: claims."""
    has_claims = ask("select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'headline_claims'")
    return [
        headline(ask),
        surplus(ask),
        drivers(ask),
        sectors(ask),
        policy(ask),
        mirror(ask),
        headlines(ask),
        *([claims(ask)] if has_claims else []),
        published(ask),
        health(ask),
    ]


# The wording of numbers


def billion(usd: Any, digits: int = 2, sign: bool = True) -> str:
    return number(None if usd is None else float(usd) / 1e9, digits, sign)


def number(value: Any, digits: int = 2, sign: bool = False) -> str:
    """A real minus; an en dash where nothing is known."""
    if value is None:
        return "–"
    return f"{float(value):{'+' if sign else ''},.{digits}f}".replace("-", "−")


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


# The look of charts


def drawn(traces: Sequence[Any], *, height: int, **layout: Any) -> go.Figure:
    """Nothing to zoom or drag: on a phone a finger that scrolls must not be caught by a chart."""
    axes = {
        name: {"fixedrange": True, "automargin": True, **layout.pop(name, {})} for name in ("xaxis", "yaxis")
    }
    return go.Figure(
        data=traces,
        layout={
            "height": height,
            "margin": {"l": 8, "r": 24, "t": 36, "b": 44},
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "xanchor": "left", "yanchor": "bottom"},
            "dragmode": False,
            "hovermode": "closest",
            **axes,
            **layout,
        },
    )


def named_axis(labels: Sequence[str], width: int = 44) -> tuple[dict[str, Any], dict[str, Any]]:
    """A vertical axis with a name for each row, and the same for a narrow screen."""
    places = list(range(len(labels)))
    shared = {"tickmode": "array", "tickvals": places, "range": [len(labels) - 0.4, -0.6], "showgrid": False, "zeroline": False}
    wide = {**shared, "ticktext": [plain(label, width) for label in labels]}
    return wide, {"yaxis": {"ticktext": [folded(label) for label in labels]}}


def chance(value: float | None) -> str:
    return "below 0.001" if value is not None and value < 0.001 else number(value, 3)


def bars(labels: Sequence[str], values: Sequence[float], texts: Sequence[str], colour: str, unit: str) -> go.Figure:
    wide, narrow = named_axis(labels)
    low, high = min([0.0, *values]), max([0.0, *values])
    room = (high - low or 1.0) * 0.2
    narrow["xaxis"] = {"range": [low - (3 * room if low else 0), high + 2 * room], "nticks": 4}
    trace = go.Bar(
        x=list(values),
        y=list(range(len(labels))),
        orientation="h",
        marker={"color": colour},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        hovertext=[f"{escape(label, quote=False)}: {text}" for label, text in zip(labels, texts, strict=True)],
        hoverinfo="text",
    )
    return drawn(
        [trace],
        height=56 + 30 * len(labels),
        margin={"l": 8, "r": 24, "t": 8, "b": 44},
        xaxis={"title": {"text": unit}, "range": [low - (1.5 * room if low else 0), high + room], "zeroline": True},
        yaxis=wide,
        showlegend=False,
        meta={"narrow": narrow, "narrow_height": 56 + 38 * len(labels)},
    )


# Sections


def headline(ask: Ask) -> Section:
    books = _books(ask)
    if not books:
        raise EntrepotError(f"surplus_annual holds no complete year of {HOME} and {ABROAD}: there is nothing to show.")
    year = books[0]["year"]
    shown = {row["ledger_code"]: row for row in books}
    cards = [
        Card(
            label=f"{capital(COUNTRIES[row['reporter_iso3']])} with {COUNTRIES[row['partner_iso3']]}, {year}",
            value=billion(row["balance_usd"]),
            unit="billion USD",
            text=(_standing(row), f"{capital(words(row['data_status']))} figures, {known([row])}."),
            ledger=f"{LEDGERS.get(code, code)} ({row['publisher_name']})",
            badge=_badge(row),
        )
        for code, row in shown.items()
    ]
    lead = tuple(_one_sentence(row) for row in shown.values())
    if len(shown) == 2:
        apart = abs(sum(row["balance_usd"] for row in shown.values()))
        cards.append(
            Card(
                label=f"How far the two books are apart, {year}",
                value=billion(apart, sign=False),
                unit="billion USD",
                text=(
                    "Neither is wrong: they count at other places, in other prices and at other times.",
                    f"{capital(known(books))}.",
                ),
                ledger="Korean and US ledger, side by side",
            )
        )
    so_far = _year_so_far(ask, year)
    return Section("headline", f"The balance of {year}", lead, "Balance", cards + so_far)


def _books(ask: Ask) -> list[Row]:
    """The latest year that is complete in as many ledgers as any year is."""
    return ask(
        """
        with complete as (
            select
                *,
                min(balance_usd) over earlier as earlier_low_usd,
                count(*) over (partition by ledger_code order by year) as year_count,
                min(year) over (partition by ledger_code) as first_year
            from surplus_annual
            where balance_months_count = 12
                and ((reporter_iso3 = ? and partner_iso3 = ?) or (reporter_iso3 = ? and partner_iso3 = ?))
            window earlier as (
                partition by ledger_code order by year rows between unbounded preceding and 1 preceding
            )
        ),
        latest as (select year from complete group by year order by count(*) desc, year desc limit 1)
        select complete.*, publisher_name
        from complete
        join latest using (year)
        join dim_ledger using (ledger_code)
        order by complete.reporter_iso3
        """,
        HOME,
        ABROAD,
        ABROAD,
        HOME,
    )


def _one_sentence(row: Row) -> str:
    kind = "surplus" if row["balance_usd"] >= 0 else "deficit"
    amount = billion(abs(row["balance_usd"]), 1, sign=False)
    reporter, partner = COUNTRIES[row["reporter_iso3"]], COUNTRIES[row["partner_iso3"]]
    return f"The books of {reporter} show a {kind} of {amount} billion dollars with {partner}."


def _badge(row: Row) -> str:
    if row["is_balance_record_high"]:
        return "Record, fragile" if row["is_balance_record_fragile"] else "Record, safe"
    if row["is_balance_record_low"]:
        return "Record deficit" if row["balance_usd"] < 0 else "Record low"
    return ""


def _standing(row: Row) -> str:
    """The mart judges records; for a record deficit, margin and usual revision are set side by side."""
    first, revision = row["first_year"], row["balance_typical_revision_usd"]
    usual = f" A year's balance is usually revised by {billion(revision, sign=False)} billion" if revision else ""
    if row["is_balance_record_high"]:
        margin = billion(row["balance_record_margin_usd"], sign=False)
        safe = "the record is fragile" if row["is_balance_record_fragile"] else "the record is safe"
        return f"Highest since {first}, {margin} billion above the highest earlier year.{usual + f': {safe}.' if usual else ''}"
    if row["is_balance_record_low"]:
        margin = billion(row["earlier_low_usd"] - row["balance_usd"], sign=False)
        what = "Largest deficit" if row["balance_usd"] < 0 else "Lowest"
        return f"{what} since {first}, {margin} billion below the lowest earlier year.{usual + '.' if usual else ''}"
    return f"Rank {row['balance_rank']} of {row['year_count']} years since {first}, highest first."


def _year_so_far(ask: Ask, year: int) -> list[Card]:
    rows = ask(
        """
        select ledger_code, year(period_month) as year, max(period_month) as last_month, sum(balance_usd) as balance_usd,
            arg_max(data_status, period_month) as data_status, max(known_from) as known_from
        from surplus_monthly
        where reporter_iso3 = ? and partner_iso3 = ? and year(period_month) > ? and balance_usd is not null
        group by all
        order by year desc
        limit 1
        """,
        HOME,
        ABROAD,
        year,
    )
    return [
        Card(
            label=f"Korea with the United States, January to {row['last_month']:%B %Y}",
            value=billion(row["balance_usd"]),
            unit="billion USD",
            text=(f"{capital(words(row['data_status']))} figures, {known([row])}.",),
            ledger=LEDGERS.get(row["ledger_code"], row["ledger_code"]),
        )
        for row in rows
    ]


def surplus(ask: Ask) -> Section:
    rows = ask(
        """
        select ledger_code, year, balance_usd, export_usd, import_usd, is_balance_record_high, is_balance_record_low,
            is_balance_record_fragile, balance_months_count, data_status, known_from
        from surplus_annual
        where (reporter_iso3 = ? and partner_iso3 = ?) or (reporter_iso3 = ? and partner_iso3 = ?)
        order by year
        """,
        HOME,
        ABROAD,
        ABROAD,
        HOME,
    )
    figure = Figure(
        name="balance",
        title="The surplus over time, in both books",
        unit="billion USD, current prices",
        ledger="Korean ledger (exports FOB, imports CIF) and US ledger (exports FAS, imports at customs value)",
        vintage=known(rows),
        charts=[_balance_chart(rows)],
        notes=(
            "For Korea and the United States the sign of the US ledger is turned, so that both lines mean Korea's "
            "surplus. Any other partner is shown as each ledger has it: Korea's, and the United States', trade with it.",
            "A triangle is a year above (or below) every earlier year of that ledger; a hollow one is a record smaller "
            "than a usual revision. Years that are not complete are in the table only.",
        ),
        partners=True,
    )
    return Section(
        "surplus",
        "Surplus over time",
        ("Choose another partner, measure or period: every partner of both ledgers is in this page.",),
        "Over time",
        figures=[figure, vintages(ask)],
    )


def _balance_chart(rows: list[Row]) -> Chart:
    traces = []
    for code, turn in (("kcs", 1), ("census", -1)):
        held = [row for row in rows if row["ledger_code"] == code and row["balance_months_count"] == 12]
        traces.append(
            go.Scatter(
                x=[f"{row['year']}-01-01" for row in held],
                y=[round(turn * float(row["balance_usd"]) / 1e9, 4) for row in held],
                name=LEDGERS[code],
                mode="lines",
                line={"color": f"var(--{code})", "width": 3, "dash": "solid" if code == "kcs" else "dash"},
                hovertemplate="%{x|%Y}: %{y:+,.2f} bn<extra>" + LEDGERS[code] + "</extra>",
            )
        )
    plot = drawn(
        traces,
        height=440,
        xaxis={"type": "date"},
        yaxis={"title": {"text": "billion USD"}, "zeroline": True},
        hovermode="x unified",
    )
    by_year: dict[int, dict[str, Row]] = {}
    for row in rows:
        by_year.setdefault(row["year"], {})[row["ledger_code"]] = row
    cells = [
        (str(year), _cell(books.get("kcs"), 1), _cell(books.get("census"), -1), _remark(books))
        for year, books in sorted(by_year.items(), reverse=True)
    ]
    complete = {
        code: [row for row in rows if row["ledger_code"] == code and row["balance_months_count"] == 12]
        for code in LEDGERS
    }
    says = " ".join(
        f"{LEDGERS[code]}: {billion(turn * held[0]['balance_usd'])} billion USD in {held[0]['year']}, "
        f"{billion(turn * held[-1]['balance_usd'])} in {held[-1]['year']}."
        for (code, held), turn in zip(complete.items(), (1, -1), strict=True)
        if held
    )
    columns = ("Year", "Korean ledger, billion USD", "US ledger, sign turned, billion USD", "Remark")
    return Chart("", says, plot, Table(columns, cells, frozenset({0, 3})))


def _cell(row: Row | None, turn: int) -> str:
    return "–" if row is None or row["balance_usd"] is None else billion(turn * row["balance_usd"])


def _remark(books: dict[str, Row]) -> str:
    remarks = []
    for code, row in books.items():
        if row["balance_months_count"] < 12:
            remarks.append(f"{LEDGERS[code]}: {row['balance_months_count']} months")
        elif row["is_balance_record_high"] or row["is_balance_record_low"]:
            kind = "surplus" if (row["is_balance_record_high"] is True) == (code == "kcs") else "low"
            remarks.append(f"{LEDGERS[code]}: record {kind}{', fragile' if row['is_balance_record_fragile'] else ''}")
    return "; ".join(remarks) or "–"


def vintages(ask: Ask) -> Figure:
    rows = ask(
        """
        with then_known as (
            select ledger_code, reporter_iso3, partner_iso3, year(period_month) as year,
                sum(balance_usd) as then_usd, max(known_from) as then_known_from
            from surplus_as_of(cast(? as date))
            where (ledger_code = 'census' and partner_iso3 = ?) or (ledger_code = 'kcs' and partner_iso3 = 'WLD')
            group by all
            having count(balance_usd) = 12
        )
        select ledger_code, year, then_usd, then_known_from, balance_usd as now_usd, known_from,
            balance_usd - then_usd as change_usd
        from then_known
        join surplus_annual using (ledger_code, reporter_iso3, partner_iso3, year)
        where balance_months_count = 12
        order by ledger_code, year
        """,
        THEN,
        HOME,
    )
    names = {"census": "US ledger: balance with Korea", "kcs": "Korean ledger: balance with the world"}
    charts = [
        _vintage_chart(names[code], [row for row in rows if row["ledger_code"] == code][-9:], code)
        for code in names
        if any(row["ledger_code"] == code for row in rows)
    ]
    return Figure(
        name="vintages",
        title=f"What was known in {THEN:%B %Y}, and what is known now",
        unit="billion USD, current prices",
        ledger="as chosen; the two ledgers are not mixed",
        vintage=f"then: {known(rows, 'then_known_from')}; now: {known(rows)}",
        charts=charts,
        choice="Ledger",
        notes=("Only years complete in both printings. The Korean ledger has one printing of its partners so far.",),
    )


def _vintage_chart(label: str, rows: list[Row], code: str) -> Chart:
    drawn_rows = rows[-6:]
    years = [str(row["year"]) for row in drawn_rows]
    plot = drawn(
        [
            go.Bar(
                x=years,
                y=[round(float(row["then_usd"]) / 1e9, 3) for row in drawn_rows],
                name=f"Known on {day(THEN)}",
                marker={"color": "var(--muted)"},
                hovertemplate="%{x}: %{y:+,.2f} bn<extra>then</extra>",
            ),
            go.Bar(
                x=years,
                y=[round(float(row["now_usd"]) / 1e9, 3) for row in drawn_rows],
                name="Known now",
                marker={"color": f"var(--{code})"},
                text=[billion(row["change_usd"]) if row["change_usd"] else "" for row in drawn_rows],
                textposition="outside",
                textangle=0,
                constraintext="none",
                cliponaxis=False,
                hovertemplate="%{x}: %{y:+,.2f} bn<extra>now</extra>",
            ),
        ],
        height=380,
        barmode="group",
        xaxis={"type": "category"},
        yaxis={"title": {"text": "billion USD"}, "zeroline": True},
    )
    largest = max(rows, key=lambda row: abs(row["change_usd"]))
    says = (
        f"The largest change since then: {largest['year']}, by {billion(largest['change_usd'])} to "
        f"{billion(largest['now_usd'])} billion USD. The number at a bar is the change; none means that nothing changed."
    )
    cells = [
        (str(row["year"]), billion(row["then_usd"]), billion(row["now_usd"]), billion(row["change_usd"], 3))
        for row in reversed(rows)
    ]
    columns = ("Year", f"Known on {day(THEN)}, billion USD", "Known now, billion USD", "Change, billion USD")
    return Chart(label, says, plot, Table(columns, cells))


def drivers(ask: Ask) -> Section:
    rows = ask(
        """
        select ledger_code, year(period_start) as year, scheme_code, sector_code, value_usd, value_change_usd,
            contribution_pp, change_rank, level_rank, is_break, known_from,
            coalesce(sector_name, sector_code) as sector_name
        from surplus_drivers
        left join dim_sector using (scheme_code, sector_code)
        where comparison_code = 'year_on_year' and value_change_usd is not null
            and (
                (ledger_code = 'kcs' and reporter_iso3 = ? and partner_iso3 = ? and flow_code = 'export')
                or (ledger_code = 'census' and reporter_iso3 = ? and partner_iso3 = ? and flow_code = 'import'
                    and scheme_code = 'hs_chapter')
            )
        order by year desc, value_change_usd desc
        """,
        HOME,
        ABROAD,
        ABROAD,
        HOME,
    )
    figures = []
    for code, title, valuation in (
        ("kcs", "Korea's exports to the United States", "Korean ledger, exports FOB, by sets of HS codes"),
        ("census", "US imports from Korea", "US ledger, general imports at customs value, by HS chapter"),
    ):
        held = [row for row in rows if row["ledger_code"] == code]
        years = sorted({row["year"] for row in held}, reverse=True)
        if years:
            charts = [_drivers_chart(code, year, [row for row in held if row["year"] == year]) for year in years]
            note = (
                "The Korean ledger names 15 sets of goods by partner; all other exports are one rest, not one sector."
                if code == "kcs"
                else "Chapters add up to the total; small ones are put together."
            )
            figures.append(
                Figure(
                    name=f"drivers-{code}",
                    title=f"Who drove the change: {title}",
                    unit="billion USD, change on the year before",
                    ledger=valuation,
                    vintage=known(held),
                    charts=charts,
                    choice="Year",
                    notes=(note,),
                )
            )
    lead = "The same flow of goods in two books that sort it differently: compare within a ledger, not across."
    return Section("drivers", "What drove the change", (lead,), "Drivers", figures=figures, side_by_side=True)


def _drivers_chart(code: str, year: int, rows: list[Row]) -> Chart:
    largest = sorted(rows, key=lambda row: -abs(row["value_change_usd"]))[:11]
    shown = sorted(largest, key=lambda row: -row["value_change_usd"])
    names = [_sector_name(row) for row in shown]
    values = [float(row["value_change_usd"]) / 1e9 for row in shown]
    small = [row for row in rows if row not in largest]
    total = sum(float(row["value_change_usd"]) for row in rows)
    if small:
        names.append(f"{len(small)} smaller ones together")
        values.append(sum(float(row["value_change_usd"]) for row in small) / 1e9)
    plot = bars(names, [round(v, 4) for v in values], [number(v, 2, True) for v in values], f"var(--{code})", "billion USD")
    named = [row for row in rows if row["sector_code"] != "other"]
    top = max(named, key=lambda row: row["value_change_usd"])
    rest = [row for row in rows if row["sector_code"] == "other"]
    says = (
        f"{year}: the flow changed by {billion(total)} billion USD. The largest named contribution is "
        f"{_sector_name(top)} with {billion(top['value_change_usd'])}"
        + (f"; all that is not named together gave {billion(rest[0]['value_change_usd'])}." if rest else ".")
    )
    cells = [
        (
            _sector_name(row),
            billion(row["value_usd"], 3, sign=False),
            billion(row["value_change_usd"], 3),
            number(row["contribution_pp"], 2, True),
            "classification changed" if row["is_break"] else "–",
        )
        for row in sorted(rows, key=lambda row: row["change_rank"] or 999)
    ]
    columns = ("Sector", "Value, billion USD", "Change, billion USD", "Contribution to growth, pp", "Remark")
    return Chart(str(year), says, plot, Table(columns, cells, frozenset({0, 4})))


def _sector_name(row: Row) -> str:
    """Of a chapter's long legal name, what stands before the first semicolon."""
    name = str(row["sector_name"])
    return f"{row['sector_code']} {name.partition(';')[0]}" if row["scheme_code"] == "hs_chapter" else name


def sectors(ask: Ask) -> Section:
    rows = ask(
        """
        select sector_code, scheme_code, period_month, value_usd, value_change_usd, price_effect_usd, volume_effect_usd,
            residual_usd, fisher_price_index, fisher_volume_index, price_volume.unit_value_quality, is_break, known_from,
            coalesce(sector_name, sector_code) as sector_name
        from sector_price_volume as price_volume
        left join dim_sector using (scheme_code, sector_code)
        where ledger_code = 'kcs' and reporter_iso3 = ? and partner_iso3 = ? and flow_code = 'export'
            and value_change_usd is not null
        order by period_month
        """,
        HOME,
        ABROAD,
    )
    if not rows:
        return Section("sectors", "Sectors: price or volume", ("This release holds no sector with weights.",), "Price or volume")
    last = max(row["period_month"] for row in rows)
    start = date(last.year - 1, last.month % 12 + 1, 1) if last.month < 12 else date(last.year, 1, 1)
    spans = [(f"12 months to {last:%B %Y}", start, last)]
    spans += [(str(year), date(year, 1, 1), date(year, 12, 1)) for year in (last.year - 1, last.year - 2, last.year - 3)]
    charts = [
        _price_volume_chart(label, [row for row in rows if first <= row["period_month"] <= end])
        for label, first, end in spans
        if any(first <= row["period_month"] <= end for row in rows)
    ]
    by_sector: dict[str, list[Row]] = {}
    for row in rows:
        by_sector.setdefault(row["sector_code"], []).append(row)
    ordered = sorted(by_sector.values(), key=lambda held: -float(held[-1]["value_usd"] or 0))
    ledger = "Korean ledger, exports to the United States, FOB"
    return Section(
        "sectors",
        "Sectors: price or volume",
        ("When an export grows, is more of it sold, or is it dearer? Fisher indices of unit values split the change.",),
        "Price or volume",
        figures=[
            Figure(
                name="price-volume",
                title="Change of exports to the United States: price effect and volume effect",
                unit="billion USD, change on the same months a year before",
                ledger=ledger,
                vintage=known(rows),
                charts=charts,
                choice="Period",
                notes=(
                    "Price here is value by kilogram, which also moves with quality and mix; the table marks where that "
                    "is a weak measure (cars, ships, chips). What no matched good explains is shown as not attributed.",
                ),
            ),
            Figure(
                name="sector-indices",
                title="Price and volume, month by month",
                unit="index, same month a year before = 100",
                ledger=ledger,
                vintage=known(rows),
                charts=[_indices_chart(held) for held in ordered],
                choice="Sector",
                notes=("A gap is a month in which too little could be matched to tell.",),
            ),
        ],
        side_by_side=True,
    )


PARTS = (
    ("price_effect_usd", "Price effect", "var(--price)", ""),
    ("volume_effect_usd", "Volume effect", "var(--volume)", "/"),
    ("residual_usd", "Not attributed", "var(--muted)", "."),
)


def _price_volume_chart(label: str, rows: list[Row]) -> Chart:
    sums: dict[str, Row] = {}
    for row in rows:
        total = sums.setdefault(
            row["sector_code"],
            {
                "sector_name": row["sector_name"],
                "quality": row["unit_value_quality"],
                "value_usd": 0.0,
                "value_change_usd": 0.0,
                "is_break": False,
                **{column: 0.0 for column, *_ in PARTS},
            },
        )
        for column in ("value_usd", "value_change_usd", *(part[0] for part in PARTS)):
            total[column] += float(row[column] or 0)
        total["is_break"] = total["is_break"] or bool(row["is_break"])
    ordered = sorted(sums.values(), key=lambda row: -abs(row["value_change_usd"]))
    shown = sorted(ordered[:9], key=lambda row: -row["value_change_usd"])
    wide, narrow = named_axis([row["sector_name"] for row in shown], 36)
    plot = drawn(
        [
            go.Bar(
                x=[round(row[column] / 1e9, 4) for row in shown],
                y=list(range(len(shown))),
                orientation="h",
                name=name,
                marker={"color": colour, "pattern": {"shape": pattern, "bgcolor": colour, "fgcolor": "var(--surface)", "solidity": 0.2}},
                hovertemplate="%{x:+,.3f} bn<extra>" + name + "</extra>",
            )
            for column, name, colour, pattern in PARTS
        ],
        height=110 + 34 * len(shown),
        barmode="relative",
        xaxis={"title": {"text": "billion USD"}, "zeroline": True},
        yaxis=wide,
        meta={"narrow": narrow, "narrow_height": 130 + 40 * len(shown)},
    )
    first = ordered[0]
    says = (
        f"{label}: the largest change is {first['sector_name']} with {billion(first['value_change_usd'])} billion USD, "
        f"of which price {billion(first['price_effect_usd'])} and volume {billion(first['volume_effect_usd'])}."
    )
    cells = [
        (
            row["sector_name"],
            billion(row["value_usd"], 3, sign=False),
            billion(row["value_change_usd"], 3),
            *(billion(row[column], 3) for column, *_ in PARTS),
            f"{row['quality'] or 'unknown'}{', classification changed' if row['is_break'] else ''}",
        )
        for row in ordered
    ]
    columns = (
        "Sector",
        "Value, billion USD",
        "Change, billion USD",
        "Price effect, billion USD",
        "Volume effect, billion USD",
        "Not attributed, billion USD",
        "Unit value as a measure of price",
    )
    return Chart(label, says, plot, Table(columns, cells, frozenset({0, 6})))


def _indices_chart(rows: list[Row]) -> Chart:
    months = [row["period_month"].isoformat() for row in rows]
    traces = []
    for column, name, colour, dash in (
        ("fisher_price_index", "Price", "var(--price)", "solid"),
        ("fisher_volume_index", "Volume", "var(--volume)", "dash"),
    ):
        traces.append(
            go.Scatter(
                x=months,
                y=[None if row[column] is None else round(100 * row[column], 1) for row in rows],
                name=name,
                mode="lines",
                line={"color": colour, "width": 2.5, "dash": dash},
                hovertemplate="%{y:,.1f}<extra>" + name + "</extra>",
            )
        )
    plot = drawn(
        traces,
        height=400,
        xaxis={"type": "date"},
        yaxis={"title": {"text": "same month a year before = 100"}, "zeroline": False},
        hovermode="x unified",
        shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 100, "y1": 100, "line": {"color": "var(--axis)", "width": 1}}],
    )
    told = [row for row in rows if row["fisher_price_index"] is not None]
    name = rows[0]["sector_name"]
    says = (
        f"{name}, {month(told[-1]['period_month'])}: price {number(100 * told[-1]['fisher_price_index'], 1)}, volume "
        f"{number(100 * told[-1]['fisher_volume_index'], 1)}. Unit value as a measure of price: "
        f"{rows[-1]['unit_value_quality'] or 'unknown'}."
        if told
        else f"{name}: too little could be matched to tell price from volume."
    )
    cells = [
        (
            month(row["period_month"]),
            number(None if row["value_usd"] is None else float(row["value_usd"]) / 1e6, 1),
            *(
                "–" if row[column] is None else number(100 * row[column], 1)
                for column in ("fisher_price_index", "fisher_volume_index")
            ),
        )
        for row in reversed(rows)
    ]
    columns = ("Month", "Value, million USD", "Price, year before = 100", "Volume, year before = 100")
    return Chart(name, says, plot, Table(columns, cells))


def policy(ask: Ask) -> Section:
    regimes = ask(
        """
        select regime_id, authority_code, exporter_iso3, scope_code, scope_description, regime_rate_pct, rate_type,
            announced_on_date, published_on_date, planned_from_date, legal_from_date, legal_to_date, voided_on_date,
            was_ever_in_force, is_retroactive, is_unverified, checked_through_date, known_from_date, note
        from tariff_regimes
        where importer_iso3 = ? and exporter_iso3 in (?, 'WLD')
        order by announced_on_date nulls first, scope_code, regime_id
        """,
        ABROAD,
        HOME,
    )
    return Section(
        "policy",
        "The policy clock",
        (
            "A tariff moves trade on the day it is announced, taxes it from the day it is in force, and sometimes never is.",
        ),
        "Tariffs",
        figures=[_clock(ask, regimes), _exposure(ask)],
        listings=[_regimes(regimes)],
    )


def _clock(ask: Ask, regimes: list[Row]) -> Figure:
    trade = ask(
        """
        select period_month, value_usd, value_yoy_pct, known_from
        from sector_monthly
        where ledger_code = 'kcs' and reporter_iso3 = ? and partner_iso3 = ? and flow_code = 'export'
            and sector_code = ? and period_month >= ? and value_usd is not null
        order by period_month
        """,
        HOME,
        ABROAD,
        CARS,
        CLOCK_STARTS,
    )
    rates = ask(
        """
        select scope_code, rate_from_date, rate_to_date, rate_pct
        from tariff_rate_changes
        where importer_iso3 = ? and exporter_iso3 = ? and scope_code in ('autos', 'non_232')
            and coalesce(rate_to_date, date '9999-01-01') > ?
        order by scope_code, rate_from_date
        """,
        ABROAD,
        HOME,
        CLOCK_STARTS,
    )
    shown = [
        row
        for row in regimes
        if row["scope_code"] in CLOCK_SCOPES
        and row["announced_on_date"] is not None
        and row["announced_on_date"] >= CLOCK_STARTS
        and row["regime_rate_pct"] is not None
    ]
    checked = [row["checked_through_date"] for row in regimes if row["checked_through_date"] is not None]
    days = [row["announced_on_date"] for row in shown] + [row["period_month"] for row in trade]
    end = max(checked or days or [CLOCK_STARTS])
    plot = _clock_plot(shown, trade, rates, end)
    never = [row for row in shown if not row["was_ever_in_force"]]
    says = (
        f"{len(shown)} regimes on cars, car parts, steel and all goods; {len(never)} were announced and never in force: "
        + ", ".join(f"{number(row['regime_rate_pct'], 0)} % of {day(row['announced_on_date'])}" for row in never)
        + "."
    )
    cells = [
        (month(row["period_month"]), number(float(row["value_usd"]) / 1e9, 3), number(row["value_yoy_pct"], 1, True))
        for row in reversed(trade)
    ]
    return Figure(
        name="clock",
        title="Announced against in force, over the car trade it hit",
        unit="exports in billion USD a month; rates in per cent of the value",
        ledger="Korean ledger, exports of cars and parts to the United States, FOB; tariff acts of the United States",
        vintage=f"trade {known(trade)}; tariffs checked through {day(end)}",
        charts=[
            Chart("", says, plot, Table(("Month", "Exports of cars and parts, billion USD", "On the year before, %"), cells))
        ],
        notes=(
            "A diamond is the day a rate was announced, a bar the days it was law, a cross a rate that never was. A bar that starts left of its diamond "
            "was made law backwards. All regimes, with their sources, are in the list below.",
        ),
    )


def _clock_plot(shown: list[Row], trade: list[Row], rates: list[Row], end: date) -> go.Figure:
    panels = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.28, 0.2, 0.52])
    panels.add_bar(
        x=[row["period_month"].isoformat() for row in trade],
        y=[round(float(row["value_usd"]) / 1e9, 3) for row in trade],
        marker={"color": "var(--kcs)"},
        name="Exports of cars and parts",
        xperiod="M1",
        xperiodalignment="middle",
        hovertemplate="%{x|%b %Y}: %{y:.2f} bn USD<extra></extra>",
        row=1,
        col=1,
    )
    for scope, name, colour, dash in (
        ("autos", "Rate on cars", "var(--census)", "solid"),
        ("non_232", "Rate on goods without a sector tariff", "var(--price)", "dot"),
    ):
        steps = [row for row in rates if row["scope_code"] == scope]
        panels.add_scatter(
            x=[max(row["rate_from_date"], CLOCK_STARTS).isoformat() for row in steps] + [end.isoformat()],
            y=[float(row["rate_pct"]) for row in steps] + [float(steps[-1]["rate_pct"]) if steps else None],
            line={"shape": "hv", "color": colour, "width": 2.5, "dash": dash},
            mode="lines",
            name=name,
            hovertemplate="from %{x|%-d %b %Y}: %{y:.0f} %<extra></extra>",
            row=2,
            col=1,
        )
    for trace in _clock_bars(shown, end):
        panels.add_trace(trace, row=3, col=1)
    labels = [f"{'All goods' if row['scope_code'] == 'all' else capital(words(row['scope_code']))} {number(row['regime_rate_pct'], 0)} %" for row in shown]
    wide, narrow = named_axis(labels)
    panels.update_layout(
        height=880,
        margin={"l": 8, "r": 16, "t": 64, "b": 44},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        dragmode=False,
        hovermode="closest",
        yaxis3=wide,
        meta={
            "narrow": {"yaxis3": narrow["yaxis"], "xaxis3": {"nticks": 4, "tickangle": 0, "tickformat": "%b<br>%Y"}},
            "narrow_height": 980,
        },
    )
    panels.update_xaxes(fixedrange=True, type="date", range=[CLOCK_STARTS.isoformat(), end.isoformat()])
    panels.update_yaxes(fixedrange=True, automargin=True)
    panels.update_yaxes(title={"text": "billion USD"}, row=1, col=1)
    panels.update_yaxes(title={"text": "per cent"}, rangemode="tozero", row=2, col=1)
    return panels


def _clock_bars(shown: list[Row], end: date) -> list[go.Scatter]:
    force: tuple[list[str | None], list[float | None]] = ([], [])
    never: tuple[list[str | None], list[float | None]] = ([], [])
    for place, row in enumerate(shown):
        if row["legal_from_date"] is not None and row["was_ever_in_force"]:
            until = min(row["legal_to_date"] or end, end)
            force[0].extend([row["legal_from_date"].isoformat(), until.isoformat(), None])
            force[1].extend([place, place, None])
        elif until := row["voided_on_date"] or row["planned_from_date"]:
            never[0].extend([row["announced_on_date"].isoformat(), until.isoformat(), None])
            never[1].extend([place, place, None])
    told = [
        f"{escape(row['scope_description'] or '', quote=False)}: {number(row['regime_rate_pct'], 0)} %<br>"
        f"announced {day(row['announced_on_date'])}"
        for row in shown
    ]
    return [
        go.Scatter(
            x=force[0], y=force[1], mode="lines", name="In force", line={"color": "var(--census)", "width": 11},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=never[0], y=never[1], mode="lines", name="To the day it was dropped",
            line={"color": "var(--ink)", "width": 2, "dash": "dot"}, hoverinfo="skip",
        ),
        *(
            go.Scatter(
                x=[row["announced_on_date"].isoformat() for row in shown if row["was_ever_in_force"] is came],
                y=[place for place, row in enumerate(shown) if row["was_ever_in_force"] is came],
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 12, "color": colour, "line": {"color": edge, "width": 2}},
                hovertext=[text for text, row in zip(told, shown, strict=True) if row["was_ever_in_force"] is came],
                hoverinfo="text",
            )
            for came, name, symbol, colour, edge in (
                (True, "Announced", "diamond", "var(--price)", "var(--surface)"),
                (False, "Announced, never in force", "x-open", "var(--ink)", "var(--ink)"),
            )
        ),
    ]  # fmt: skip


def _exposure(ask: Ask) -> Figure:
    rows = ask(
        """
        select rate_from_date, sum(exposure_usd) as at_most_usd, sum(exposure_low_usd) as low_usd,
            sum(exposure_usd) / sum(base_usd * coverage_share) as average_share, max(known_from) as known_from
        from tariff_exposure
        where importer_iso3 = ? and exporter_iso3 = ? and scheme_code = 'hs_chapter' and base_code = '2024'
            and rate_from_date >= date '2025-01-01'
        group by all
        order by rate_from_date
        """,
        ABROAD,
        HOME,
    )
    days = [row["rate_from_date"].isoformat() for row in rows]
    plot = drawn(
        [
            go.Scatter(
                x=days,
                y=[round(float(row[column]) / 1e9, 3) for row in rows],
                name=name,
                mode="lines+markers",
                line={"shape": "hv", "color": colour, "width": 2.5, "dash": dash},
                hovertemplate="from %{x|%-d %b %Y}: %{y:.1f} bn<extra>" + name + "</extra>",
            )
            for column, name, colour, dash in (
                ("at_most_usd", "At most", "var(--census)", "solid"),
                ("low_usd", "With the known exemptions taken off", "var(--volume)", "dash"),
            )
        ],
        height=380,
        xaxis={"type": "date"},
        yaxis={"title": {"text": "billion USD a year"}, "rangemode": "tozero"},
    )
    peak = max(rows, key=lambda row: row["at_most_usd"], default=None)
    says = (
        f"At most {billion(peak['at_most_usd'], 1, sign=False)} billion USD a year at the rates of "
        f"{day(peak['rate_from_date'])}; {billion(rows[-1]['at_most_usd'], 1, sign=False)} billion from "
        f"{day(rows[-1]['rate_from_date'])}."
        if peak
        else "This release holds no tariff exposure."
    )
    cells = [
        (
            day(row["rate_from_date"]),
            billion(row["at_most_usd"], 2, sign=False),
            billion(row["low_usd"], 2, sign=False),
            number(None if row["average_share"] is None else 100 * float(row["average_share"]), 1),
        )
        for row in reversed(rows)
    ]
    columns = ("From", "At most, billion USD", "Known exemptions taken off, billion USD", "Average rate, %")
    return Figure(
        name="exposure",
        title="The duty of one year, at the rates of each day",
        unit="billion USD a year, on the imports of 2024",
        ledger="US ledger, imports from Korea at customs value, by HS chapter",
        vintage=known(rows),
        charts=[Chart("", says, plot, Table(columns, cells))],
        notes=("An upper bound, not a forecast: nobody buys less, and only exemptions whose share is known are taken off.",),
    )


def _regimes(regimes: list[Row]) -> Listing:
    cells = [
        (
            row["scope_description"] or "–",
            "–" if row["regime_rate_pct"] is None else f"{number(row['regime_rate_pct'], 1)} % ({words(row['rate_type'])})",
            row["authority_code"],
            day(row["announced_on_date"]),
            day(row["legal_from_date"]),
            day(row["legal_to_date"]),
            "yes" if row["was_ever_in_force"] else "never in force",
            (row["note"] or "–") + ("; not verified" if row["is_unverified"] else ""),
        )
        for row in reversed(regimes)
    ]
    columns = ("Goods", "Rate", "Authority", "Announced", "In force from", "Until", "Ever in force", "Remark")
    return Listing(
        name="regimes",
        title="All regimes of the United States on Korean goods",
        unit="per cent of the value; dates are those of the law",
        ledger="tariff acts of the United States (reference table)",
        vintage=known(regimes, "known_from_date"),
        table=Table(columns, cells, frozenset(range(8))),
        folded=True,
    )


def mirror(ask: Ask) -> Section:
    rows = ask(
        """
        select year(period_start) as year, exporter_iso3, exporter_value_usd, importer_value_usd, exporter_valuation,
            importer_valuation, gap_usd, valuation_part_usd, valuation_part_basis, residual_usd, asymmetry_ratio,
            exporter_balance_usd, importer_balance_usd, known_from
        from surplus_mirror
        where frequency_code = 'year' and exporter_iso3 in (?, ?) and importer_iso3 in (?, ?) and gap_usd is not null
        order by year, exporter_iso3
        """,
        HOME,
        ABROAD,
        HOME,
        ABROAD,
    )
    years = sorted({row["year"] for row in rows})
    both = [year for year in years if len([row for row in rows if row["year"] == year]) == 2]
    ledger = "Korean ledger (FOB, CIF) and US ledger (FAS, customs value), side by side"
    bridges = [_bridge(year, [row for row in rows if row["year"] == year]) for year in reversed(both[-10:])]
    return Section(
        "mirror",
        "Why Seoul and Washington publish different balances",
        ("What one country sends, the other receives, and the two customs services do not write down the same number.",),
        "Mirror gap",
        figures=[
            Figure(
                name="bridge",
                title="From the Korean to the American figure",
                unit="billion USD, current prices",
                ledger=ledger,
                vintage=known(rows),
                charts=bridges,
                choice="Year",
                notes=(
                    "Korea counts its imports with freight and insurance (CIF), the United States its exports without; "
                    "how much of the gap that is, is not measured in the data held.",
                ),
            ),
            Figure(
                name="gaps",
                title="The gap of each flow: what the buyer records more than the seller",
                unit="billion USD, current prices",
                ledger=ledger,
                vintage=known(rows),
                charts=[_gaps(rows)],
            ),
        ],
        side_by_side=True,
    )


def _bridge(year: int, rows: list[Row]) -> Chart:
    there = next(row for row in rows if row["exporter_iso3"] == HOME)
    back = next(row for row in rows if row["exporter_iso3"] == ABROAD)
    start, end = float(there["exporter_balance_usd"]) / 1e9, -float(there["importer_balance_usd"]) / 1e9
    steps = [float(there["gap_usd"]) / 1e9, float(back["gap_usd"]) / 1e9]
    labels = [
        "Korea's surplus, Korean ledger",
        "Korea's exports: US records more",
        "Korea's imports: Korea records more",
        "Korea's surplus, US ledger",
    ]
    wide, narrow = named_axis(labels)
    reach = max(start, end, start + steps[0], start + sum(steps))
    plot = drawn(
        [
            go.Waterfall(
                orientation="h",
                measure=["absolute", "relative", "relative", "total"],
                x=[round(v, 4) for v in (start, *steps, end)],
                y=[0, 1, 2, 3],
                text=[number(v, 2, True) for v in (start, *steps, end)],
                textposition="outside",
                cliponaxis=False,
                increasing={"marker": {"color": "var(--price)"}},
                decreasing={"marker": {"color": "var(--volume)"}},
                totals={"marker": {"color": "var(--kcs)"}},
                connector={"line": {"color": "var(--axis)", "width": 1}},
                hoverinfo="skip",
            )
        ],
        height=270,
        margin={"l": 8, "r": 24, "t": 8, "b": 44},
        xaxis={"title": {"text": "billion USD"}, "range": [min(0.0, start, end), reach * 1.3]},
        yaxis=wide,
        showlegend=False,
        meta={"narrow": narrow},
    )
    says = (
        f"{year}: Korea's surplus is {number(start, 2)} billion USD in its own books and {number(end, 2)} in the American "
        f"ones. The United States records {number(steps[0], 2, True)} billion more of the goods Korea sends, and Korea "
        f"{number(steps[1], 2, True)} billion more of the goods it receives."
    )
    cells = [
        (
            f"{row['exporter_iso3']} to {'USA' if row['exporter_iso3'] == 'KOR' else 'KOR'}",
            f"{billion(row['exporter_value_usd'], 3, sign=False)} ({(row['exporter_valuation'] or '–').upper()})",
            f"{billion(row['importer_value_usd'], 3, sign=False)} ({(row['importer_valuation'] or '–').upper()})",
            billion(row["gap_usd"], 3),
            billion(row["valuation_part_usd"], 3) if row["valuation_part_usd"] is not None else "not measured",
            billion(row["residual_usd"], 3),
        )
        for row in (there, back)
    ]
    columns = (
        "Goods",
        "Seller records, billion USD",
        "Buyer records, billion USD",
        "Gap, billion USD",
        "Part due to valuation, billion USD",
        "Residual, billion USD",
    )
    return Chart(str(year), says, plot, Table(columns, cells))


def _gaps(rows: list[Row]) -> Chart:
    traces = []
    for exporter, name, colour, pattern in (
        (HOME, "Goods to the United States", "var(--kcs)", ""),
        (ABROAD, "Goods to Korea, with freight", "var(--census)", "/"),
    ):
        held = [row for row in rows if row["exporter_iso3"] == exporter]
        traces.append(
            go.Bar(
                x=[str(row["year"]) for row in held],
                y=[round(float(row["gap_usd"]) / 1e9, 3) for row in held],
                name=name,
                marker={"color": colour, "pattern": {"shape": pattern, "bgcolor": colour, "fgcolor": "var(--surface)", "solidity": 0.2}},
                hovertemplate="%{x}: %{y:+,.2f} bn<extra></extra>",
            )
        )
    plot = drawn(
        traces,
        height=400,
        barmode="relative",
        xaxis={"type": "category", "nticks": 9, "tickangle": 0},
        yaxis={"title": {"text": "billion USD"}, "zeroline": True},
        meta={"narrow": {"xaxis": {"nticks": 5}}},
    )
    cells = [
        (
            f"{row['year']}, {row['exporter_iso3']} to {'USA' if row['exporter_iso3'] == 'KOR' else 'KOR'}",
            billion(row["gap_usd"], 3),
            billion(row["valuation_part_usd"], 3) if row["valuation_part_usd"] is not None else "not measured",
            billion(row["residual_usd"], 3),
            number(100 * row["asymmetry_ratio"], 1, True) if row["asymmetry_ratio"] is not None else "–",
        )
        for row in reversed(rows)
    ]
    last = rows[-2:]
    says = "; ".join(
        f"{row['year']}, goods from {'Korea' if row['exporter_iso3'] == HOME else 'the United States'}: "
        f"{billion(row['gap_usd'])} billion USD"
        for row in last
    )
    columns = (
        "Year and goods",
        "Gap, billion USD",
        "Part due to valuation, billion USD",
        "Residual, billion USD",
        "Asymmetry, %",
    )
    return Chart("", f"{says}.", plot, Table(columns, cells))


def headlines(ask: Ask) -> Section:
    events = ask("select event_id, title, publisher_name, event_date, relevance_code from headline_events order by event_date, event_id")
    tests = ask(
        """
        select event_id, asset_code, asset_name, window_code, study.return_type, cumulative_abnormal_return as car,
            standard_error, p_value, placebo_p_value, q_value, is_confounded, confounding_event_ids, title, event_date,
            dim_asset.known_from
        from headline_event_study as study
        join headline_events using (event_id)
        join dim_asset using (asset_code)
        where is_main_test and cumulative_abnormal_return is not null
        order by event_date, event_id, asset_code
        """
    )
    tested = {row["event_id"] for row in tests}
    found = [row for row in tests if row["q_value"] is not None and row["q_value"] < 0.05]
    clean = {row["event_id"] for row in tests} - {row["event_id"] for row in tests if row["is_confounded"]}
    smallest = min((row["q_value"] for row in tests if row["q_value"] is not None), default=None)
    lead = (
        f"{len(events)} headlines, {len(tested)} with an asset whose prices are held, {len(tests)} main tests. "
        + (
            f"{len(found)} moved an asset beyond chance (q below 0.05)."
            if found
            else f"None moved an asset beyond chance once all tests are counted (smallest q {number(smallest, 2)})."
        ),
        f"{'All' if not clean else len(tested) - len(clean)} of the {len(tested)} fell on days with other news: a move there "
        "would not tell which.",
    )
    moved = _moved(ask)
    return Section(
        "headlines",
        "Headlines and what they moved",
        lead,
        "Headlines",
        figures=[
            *(
                [_reactions("reactions", "What the headlines moved: abnormal return and its 95 % interval", tests)]
                if tests
                else []
            ),
            *(
                [_reactions("scale", "For scale: the largest reactions to policy acts and rate decisions", moved)]
                if moved
                else []
            ),
        ],
        listings=[_events(events, tests)],
    )


def _moved(ask: Ask) -> list[Row]:
    """Main tests of events that are no headline of ours, beyond chance and with no other news in the window."""
    rows = ask(
        """
        select event_id, asset_code, asset_name, window_code, study.return_type, cumulative_abnormal_return as car,
            standard_error, p_value, placebo_p_value, q_value, is_confounded, confounding_event_ids, null as title,
            event_session_date as event_date, dim_asset.known_from
        from headline_event_study as study
        join dim_asset using (asset_code)
        where is_main_test and q_value < 0.05 and not is_confounded and event_id not in (select event_id from headline_events)
        order by abs(t_value) desc
        limit 16
        """
    )
    return [row | {"title": _event_name(row)} for row in sorted(rows, key=lambda row: row["event_date"])]


def _event_name(row: Row) -> str:
    """These events have no title, only a short name; a rate decision is named by its bank and day."""
    bank, _, decided = row["event_id"].partition("-")
    return f"{BANKS[bank]}, {decided}" if bank in BANKS and decided[:2] == "20" else capital(words(row["event_id"]))


def _reactions(name: str, title: str, tests: list[Row]) -> Figure:
    charts = [
        _forest(label, scale, unit, rows)
        for label, scale, unit, rows in (
            ("Currencies, dollar index and oil", 100, "per cent", [r for r in tests if r["return_type"] != "basis_points"]),
            ("Yields", 1, "basis points", [r for r in tests if r["return_type"] == "basis_points"]),
        )
        if rows
    ]
    return Figure(
        name=name,
        title=title,
        unit="per cent of the price, or basis points of the yield, as chosen",
        ledger="market prices (ECB, Federal Reserve, EIA), none of the two trade ledgers",
        vintage=known(tests),
        charts=charts,
        choice="Assets",
        notes=(
            "An interval that crosses zero cannot be told from an ordinary day. q is the p-value after "
            "Benjamini-Hochberg, over all main tests of the batch.",
        ),
    )


def _forest(label: str, scale: int, unit: str, rows: list[Row]) -> Chart:
    names = [(row["title"], row["asset_name"].replace("afternoon in ", "").replace("noon in ", "")) for row in rows]
    wide, narrow = named_axis([title for title, _ in names])
    wide["ticktext"] = [f"{plain(title, 34)} · {plain(asset, 30)}" for title, asset in names]
    narrow["yaxis"]["ticktext"] = [f"{plain(title, 20)}<br>{plain(asset, 20)}" for title, asset in names]
    traces = []
    for confounded, name, symbol, colour in (
        (False, "No other news that day", "circle", "var(--kcs)"),
        (True, "Other news in the window", "circle-open", "var(--census)"),
    ):
        held = [(place, row) for place, row in enumerate(rows) if row["is_confounded"] == confounded]
        if held:
            traces.append(
                go.Scatter(
                    x=[round(row["car"] * scale, 4) for _, row in held],
                    y=[place for place, _ in held],
                    error_x={
                        "type": "data",
                        "array": [round(1.96 * row["standard_error"] * scale, 4) for _, row in held],
                        "color": colour,
                        "thickness": 2,
                        "width": 3,
                    },
                    mode="markers",
                    name=name,
                    marker={"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2, "color": colour}},
                    hovertext=[plain(row["title"], 90) for _, row in held],
                    hovertemplate="%{hovertext}<br>%{x:+.2f} " + unit + "<extra></extra>",
                )
            )
    plot = drawn(
        traces,
        height=120 + 26 * len(rows),
        xaxis={"title": {"text": unit}, "zeroline": True},
        yaxis=wide,
        showlegend=True,
        meta={"narrow": narrow, "narrow_height": 120 + 36 * len(rows)},
    )
    widest = max(rows, key=lambda row: abs(row["car"]))
    says = (
        f"{len(rows)} tests. The largest: {widest['title']}, {widest['asset_name']}, "
        f"{number(widest['car'] * scale, 2, True)} {unit}, p {chance(widest['p_value'])}, q {chance(widest['q_value'])}."
    )
    cells = [
        (
            row["title"],
            day(row["event_date"]),
            row["asset_name"],
            row["window_code"].replace("-", "−"),
            number(row["car"] * scale, 2, True),
            f"{number((row['car'] - 1.96 * row['standard_error']) * scale, 2, True)} to "
            f"{number((row['car'] + 1.96 * row['standard_error']) * scale, 2, True)}",
            chance(row["p_value"]),
            chance(row["placebo_p_value"]),
            chance(row["q_value"]),
            words((row["confounding_event_ids"] or "none").replace(";", ", ")),
        )
        for row in rows
    ]
    columns = (
        "Headline", "Day", "Asset", "Sessions", f"Abnormal return, {unit}", f"95 % interval, {unit}", "p", "placebo p", "q",
        "Other news in the window",
    )  # fmt: skip
    return Chart(label, says, plot, Table(columns, cells, frozenset({0, 1, 2, 9})))


def _events(events: list[Row], tests: list[Row]) -> Listing:
    counts = {row["event_id"]: 0 for row in events}
    for row in tests:
        counts[row["event_id"]] += 1
    cells = [
        (
            row["title"],
            day(row["event_date"]),
            row["publisher_name"] or "–",
            words(row["relevance_code"]),
            str(counts[row["event_id"]]),
        )
        for row in events
    ]
    return Listing(
        name="events",
        title="All headlines",
        unit="main tests with prices, count",
        ledger="headlines (reference table)",
        vintage=known(tests),
        table=Table(
            ("Headline", "Day", "Publisher", "Bears on trade", "Main tests"), cells, frozenset({0, 1, 2, 3})
        ),
        notes=("A headline without a test has no asset, or only assets whose prices may not be passed on (shares, gold).",),
        folded=True,
    )


CLAIM_COLUMNS = {
    "claim": "Claim",
    "claim_text": "Claim",
    "claim_in_our_words": "Claim",
    "claim_id": "Short name",
    "made_on_date": "Made on",
    "claimed_value": "Claimed",
    "known_then_value": "Known then",
    "latest_value": "Known now",
    "unit_code": "Unit",
    "verdict": "Verdict",
    "explanation": "Why",
}


def claims(ask: Ask) -> Section:
    """The columns that the mart has, in this order; the verdict is the mart's, not the page's."""
    rows = ask("select * from headline_claims order by claim_id, ledger_code")
    columns = [column for column in CLAIM_COLUMNS if rows and column in rows[0]]
    cells = [
        (
            _claim_cell(row, columns[0]),
            LEDGERS.get(row["ledger_code"], row["ledger_code"] or "–"),
            *(_claim_cell(row, column) for column in columns[1:]),
        )
        for row in rows
    ]
    counts: dict[str, int] = {}
    for row in rows:
        counts[words(row["verdict"])] = counts.get(words(row["verdict"]), 0) + 1
    heads = (CLAIM_COLUMNS[columns[0]], "Ledger", *(CLAIM_COLUMNS[c] for c in columns[1:])) if columns else ("Claim",)
    numeric = {1 + place for place, column in enumerate(columns) if column.endswith("_value")}
    listing = Listing(
        name="claim-list",
        title="Which claims hold",
        unit="as in each row",
        ledger="each claim in each ledger that can judge it",
        vintage=known(rows) if rows and "known_from" in rows[0] else "as in this release",
        table=Table(heads, cells, frozenset(range(len(heads))) - frozenset(numeric)),
        notes=("A driver claim holds in a ledger only if the named sector has the largest part of the change there.",),
    )
    lead = "; ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items(), key=lambda item: -item[1]))
    return Section("claims", "Claims, checked", (f"{capital(lead)}.",) if lead else (), "Claims", listings=[listing])


def _claim_cell(row: Row, column: str) -> str:
    value = row[column]
    if value is None:
        return "–"
    if isinstance(value, (date, datetime)):
        return day(value)
    if column == "verdict":
        return words(value)
    return str(value) if isinstance(value, str) else number(value, 3).rstrip("0").rstrip(".")


STATUSES = {
    "matches": "match within the rounding of the print",
    "explained": "differ for a known reason",
    "superseded": "were revised since they were printed",
    "not_held": "cannot be checked with the data held",
}


def published(ask: Ask) -> Section:
    rows = ask(
        """
        select figure_id, ledger_code, publisher_name, published_on_date, published_value, held_value, difference_value,
            unit_code, check_status, explanation, known_from
        from published_figure_checks
        order by check_status, ledger_code, figure_id
        """
    )
    held = [row for row in rows if row["check_status"] != "not_held"]
    counts = {status: len([row for row in rows if row["check_status"] == status]) for status in {r["check_status"] for r in rows}}
    cards = [
        Card(label=STATUSES.get(status, words(status)), value=str(counts[status]), unit=f"of {len(rows)} printed figures")
        for status in sorted(counts, key=lambda status: (*STATUSES, status).index(status))
    ]
    cells = [
        (
            words(row["figure_id"]),
            LEDGERS.get(row["ledger_code"], row["ledger_code"]),
            row["publisher_name"] or "–",
            day(row["published_on_date"]),
            number(row["published_value"], 3),
            number(row["held_value"], 3),
            number(row["difference_value"], 3, True),
            words(row["unit_code"]).replace("bn usd", "billion USD"),
            words(row["check_status"]),
            row["explanation"] or "–",
        )
        for row in rows
    ]
    columns = ("Figure", "Ledger", "Printed by", "On", "Printed", "Held", "Difference", "Unit", "Result", "Why")
    listing = Listing(
        name="printed",
        title="Every printed figure beside ours",
        unit="as in each row",
        ledger="as in each row",
        vintage=known(held),
        table=Table(columns, cells, frozenset({0, 1, 2, 3, 7, 8, 9})),
        folded=True,
    )
    lead = "Agencies and newspapers printed figures; each is compared with what this release holds."
    return Section("checks", "Do the published figures come out?", (lead,), "Published figures", cards=cards, listings=[listing])


def health(ask: Ask) -> Section:
    rows = ask(
        """
        select source_name, table_name, publisher_name, latest_period_month, expected_period_month, late_days, release_count,
            row_count, totals_compared_count, totals_unequal_count, quarantined_row_count, failed_test_count, known_from
        from data_health
        order by source_name, table_name
        """
    )
    tests = ask("select max(tests_passed_count) as passed, max(tests_warned_count) as warned from publication")[0]
    late = [row for row in rows if (row["late_days"] or 0) > 0]
    refused = sum(row["quarantined_row_count"] or 0 for row in rows)
    cards = [
        Card("tests of the data passed", str(tests["passed"] or 0), f"{tests['warned'] or 0} with a warning"),
        Card("tables behind their publisher's calendar", str(len(late)), f"of {len(rows)} tables"),
        Card("rows that could not be read", number(refused, 0), f"of {sum(row['row_count'] or 0 for row in rows):,} rows"),
    ]
    cells = [
        (
            f"{row['source_name']}: {words(row['table_name'])}",
            row["publisher_name"] or "–",
            month(row["latest_period_month"]),
            month(row["expected_period_month"]),
            number(row["late_days"], 0),
            number(row["row_count"], 0),
            "–"
            if row["totals_compared_count"] is None
            else f"{row['totals_unequal_count'] or 0:,} of {row['totals_compared_count']:,}",
            number(row["quarantined_row_count"] or 0, 0),
            number(row["failed_test_count"] or 0, 0),
        )
        for row in rows
    ]
    columns = (
        "Table", "Publisher", "Latest", "Due", "Days late", "Rows", "Totals that do not add up", "Rows refused",
        "Tests with a warning",
    )  # fmt: skip
    listing = Listing(
        name="sources",
        title="How fresh and how sound each source is",
        unit="days, rows and counts, as in each column",
        ledger="every source of this release",
        vintage=known(rows),
        table=Table(columns, cells, frozenset({0, 1, 2, 3})),
    )
    return Section("health", "Data health", (), "Data health", cards=cards, listings=[listing])
