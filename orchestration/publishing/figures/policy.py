"""Tariffs: announced, in force, voided; the trade they hit and the duty they mean."""

from datetime import date
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from orchestration.publishing.figures.drawing import drawn, named_axis
from orchestration.publishing.figures.shown import ABROAD, HOME, Ask, Chart, Figure, Listing, Row, Section, Table
from orchestration.publishing.figures.wording import billion, capital, day, known, month, number, words

CLOCK_STARTS = date(2024, 7, 1)
CLOCK_SCOPES = ("all", "autos", "auto_parts", "steel")
CARS = "8703+8708"


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
            Chart(
                "",
                says,
                plot,
                Table(("Month", "Exports of cars and parts, billion USD", "On the year before, %"), cells),
            )
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
    labels = [
        f"{'All goods' if row['scope_code'] == 'all' else capital(words(row['scope_code']))} {number(row['regime_rate_pct'], 0)} %"
        for row in shown
    ]
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
        notes=(
            "An upper bound, not a forecast: nobody buys less, and only exemptions whose share is known are taken off.",
        ),
    )


def _regimes(regimes: list[Row]) -> Listing:
    cells = [
        (
            row["scope_description"] or "–",
            "–"
            if row["regime_rate_pct"] is None
            else f"{number(row['regime_rate_pct'], 1)} % ({words(row['rate_type'])})",
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
