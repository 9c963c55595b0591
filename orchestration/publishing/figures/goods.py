"""Which goods drove the change, and whether by price or by volume."""

from datetime import date

import plotly.graph_objects as go

from orchestration.publishing.figures.drawing import bars, drawn, named_axis
from orchestration.publishing.figures.shown import ABROAD, HOME, Ask, Chart, Figure, Row, Section, Table
from orchestration.publishing.figures.wording import billion, known, month, number


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
                "The Korean ledger names 15 sets of goods and memory chips by partner; all other exports are one rest, not one sector."
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
    plot = bars(
        names, [round(v, 4) for v in values], [number(v, 2, True) for v in values], f"var(--{code})", "billion USD"
    )
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
        return Section(
            "sectors", "Sectors: price or volume", ("This release holds no sector with weights.",), "Price or volume"
        )
    last = max(row["period_month"] for row in rows)
    start = date(last.year - 1, last.month % 12 + 1, 1) if last.month < 12 else date(last.year, 1, 1)
    spans = [(f"12 months to {last:%B %Y}", start, last)]
    spans += [
        (str(year), date(year, 1, 1), date(year, 12, 1)) for year in (last.year - 1, last.year - 2, last.year - 3)
    ]
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
                marker={
                    "color": colour,
                    "pattern": {"shape": pattern, "bgcolor": colour, "fgcolor": "var(--surface)", "solidity": 0.2},
                },
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
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": 100,
                "y1": 100,
                "line": {"color": "var(--axis)", "width": 1},
            }
        ],
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
