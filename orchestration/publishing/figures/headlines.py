"""Headlines, what they moved, and which of their claims hold."""

from decimal import Decimal

import plotly.graph_objects as go

from orchestration.publishing.figures.drawing import drawn, named_axis
from orchestration.publishing.figures.shown import LEDGERS, Ask, Card, Chart, Figure, Listing, Row, Section, Table
from orchestration.publishing.figures.wording import capital, chance, day, known, number, plain, words

BANKS = {"fed": "Fed", "bok": "Bank of Korea", "boj": "Bank of Japan"}


def headlines(ask: Ask) -> Section:
    events = ask(
        """
        select event_id, title, publisher_name, event_date, relevance_code from headline_events
        where event_kind <> 'live_news' order by event_date, event_id
        """
    )
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
            (
                "Currencies, dollar index and oil",
                100,
                "per cent",
                [r for r in tests if r["return_type"] != "basis_points"],
            ),
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
        table=Table(("Headline", "Day", "Publisher", "Bears on trade", "Main tests"), cells, frozenset({0, 1, 2, 3})),
        notes=(
            "A headline without a test has no asset, or only assets whose prices may not be passed on (shares, gold).",
        ),
        folded=True,
    )


VERDICTS = ("supported", "supported_rounded", "partly_supported", "superseded", "contradicted", "not_checkable")


def claims(ask: Ask) -> Section:
    """The verdicts are the mart's, not the page's."""
    rows = ask(
        """
        select claim_text, ledger_code, made_on_date, claimed_value, claim_day_value, latest_value, unit_code,
            verdict_code, explanation, known_from
        from headline_claims
        order by made_on_date, claim_id, ledger_code
        """
    )
    cards = [
        Card(capital(words(verdict)), str(count), f"of {len(rows)} verdicts")
        for verdict in VERDICTS
        if (count := len([row for row in rows if row["verdict_code"] == verdict]))
    ]
    cells = [
        (
            row["claim_text"],
            LEDGERS.get(row["ledger_code"], str(row["ledger_code"])),
            capital(words(row["verdict_code"])),
            row["explanation"],
            day(row["made_on_date"]),
            *(_claimed(row[column]) for column in ("claimed_value", "claim_day_value", "latest_value")),
            words(row["unit_code"]).replace("bn usd", "billion USD").replace("pct", "per cent"),
        )
        for row in rows
    ]
    columns = ("Claim", "Ledger", "Verdict", "Why", "Made on", "Claimed", "Known that day", "Known now", "Unit")
    listing = Listing(
        name="verdicts",
        title="Every claim in each ledger that can judge it",
        unit="as in each row",
        ledger="as in each row",
        vintage=known(rows),
        table=Table(columns, cells, frozenset({0, 1, 2, 3, 4, 8})),
        notes=("A driver claim holds in a ledger only if the named sector has the largest part of the change there.",),
    )
    lead = "What was written, beside what the books said that day and say now. Both ledgers answer, each for itself."
    return Section("claims", "Which claims hold", (lead,), "Claims", cards=cards, listings=[listing])


def _claimed(value: Decimal | None) -> str:
    """As many decimals as it has, three at most."""
    return "–" if value is None else number(value, 3).rstrip("0").rstrip(".")
