"""One flow in two books: the gap and its parts."""

import plotly.graph_objects as go

from orchestration.publishing.figures.drawing import drawn, named_axis
from orchestration.publishing.figures.shown import ABROAD, HOME, Ask, Chart, Figure, Row, Section, Table
from orchestration.publishing.figures.wording import billion, known, number


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
        (
            "What one country sends, the other receives, and the two customs services do not write down the same number.",
        ),
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
                marker={
                    "color": colour,
                    "pattern": {"shape": pattern, "bgcolor": colour, "fgcolor": "var(--surface)", "solidity": 0.2},
                },
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
