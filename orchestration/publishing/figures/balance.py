"""The balance of the two countries in both books, over time, and what was known of it when."""

from datetime import date

import plotly.graph_objects as go

from orchestration.errors import EntrepotError
from orchestration.publishing.figures.drawing import drawn
from orchestration.publishing.figures.shown import (
    ABROAD,
    COUNTRIES,
    HOME,
    LEDGERS,
    Ask,
    Card,
    Chart,
    Figure,
    Row,
    Section,
    Table,
)
from orchestration.publishing.figures.wording import billion, capital, day, known, words

THEN = date(2023, 4, 15)


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
            ledger=LEDGERS.get(row["ledger_code"], str(row["ledger_code"])),
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
