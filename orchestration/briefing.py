"""Claims and headlines as tables for a person: what the marts say, laid out for the width of the terminal."""

from decimal import Decimal
from itertools import groupby
from typing import Any

import duckdb
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestration.visible import visible

# A word and a sign each, so that a verdict reads the same in grey, on paper and to a screen reader.
VERDICTS = {
    "supported": ("✔", "supported", "green"),
    "supported_rounded": ("≈", "supported, rounded", "green"),
    "partly_supported": ("◐", "partly supported", "yellow"),
    "superseded": ("↻", "superseded", "yellow"),
    "contradicted": ("✘", "contradicted", "red"),
    "not_checkable": ("?", "not checkable", "dim"),
}
RELEVANCES = {"direct": ("●", "direct"), "indirect": ("◐", "indirect"), "unmapped": ("○", "unmapped")}
FINDINGS = {
    "moved": ("✔", "moved", "green"),
    "disturbed": ("≈", "moved, other news too", "yellow"),
    "noise": ("·", "no more than usual", "dim"),
    "not_priced": ("?", "no price held", "dim"),
}
WIDE = 110

CLAIMS = """
select claim_id, claim_text, made_on_date, ledger_code,
    coalesce(ledger_name, case ledger_code when 'tariffs' then 'List of tariffs' else 'Nothing held' end) as ledger,
    claim_type, claimed_value, claim_day_value, latest_value, unit_code, verdict_code, explanation, evidence_sql
from marts.headline_claims left join marts.dim_ledger using (ledger_code)
order by made_on_date, coalesce(metric_code, '') not in ('balance', 'export', 'import'), case claim_type when 'level' then 1 when 'growth' then 2 when 'record' then 3 when 'driver' then 4 else 5 end,
    claim_id, ledger_code = 'census', ledger_code
"""

HEADLINES = """
with tests as (select * from marts.headline_event_study where is_main_test and p_value is not null),
found as (
    select event_id,
        case when bool_or(q_value < 0.05 and not is_confounded) then 'moved' when bool_or(q_value < 0.05) then 'disturbed'
            else 'noise' end as finding,
        count(*) as test_count, arg_min(asset_code, p_value) as asset_code,
        arg_min(cumulative_abnormal_return, p_value) as abnormal_return, arg_min(return_type, p_value) as return_type,
        min(p_value) as p_value, min(q_value) as q_value
    from tests group by event_id
),
responses as (
    select event_id, max(horizon_months_count) as trade_months
    from marts.headline_trade_response where horizon_value_usd is not null group by event_id
)
select event_id, coalesce(event_date, published_on_date) as event_date, title, relevance_code, topics, countries, sectors,
    coalesce(finding, 'not_priced') as finding, asset_code, abnormal_return, return_type, p_value, q_value,
    coalesce(test_count, 0) as test_count, trade_months
from marts.headline_events left join found using (event_id) left join responses using (event_id)
where event_kind <> 'live_news'
order by event_date, event_id
"""

REACTIONS = """
select asset_code, event_session_date, window_code, cumulative_abnormal_return, return_type, p_value, q_value, confounding_event_ids
from marts.headline_event_study where is_main_test and p_value is not null and event_id = ? order by p_value
"""

RESPONSES = """
select sector_name, partner_iso3, flow_code, horizon_months_count, horizon_value_usd / 1e9 as value_bn, horizon_change_pct, world_change_pct,
    tariff_before_pct, tariff_after_pct, known_from
from marts.headline_trade_response left join marts.dim_sector using (scheme_code, sector_code)
where event_id = ? and horizon_value_usd is not null
order by horizon_months_count, horizon_earlier_usd desc nulls last
"""


def rows(reader: duckdb.DuckDBPyConnection, question: str, *values: str) -> list[dict[str, Any]]:
    answer = reader.execute(question, list(values))
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, map(visible, row), strict=True)) for row in answer.fetchall()]


def claims(found: list[dict[str, Any]], width: int, evidence: bool) -> Group:
    """One table when there is room for the reasons beside the figures; else each claim with its figures and reasons below."""
    parts: list[RenderableType] = [_claims_side_by_side(found)]
    if evidence or width < WIDE:
        answers = groupby(found, key=lambda claim: claim["claim_id"])
        parts = [_claim(list(group), evidence) for _, group in answers]
    return Group(*parts, Text(""), _tally(found))


def _claims_side_by_side(found: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=True)
    table.add_column("claim", ratio=3)
    table.add_column("ledger", ratio=2)
    for name in ("claimed", "that day", "now"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("why", ratio=6)
    before = None
    for claim in found:
        text = "" if claim["claim_id"] == before else claim["claim_text"]
        if before is not None:
            table.add_row()
        table.add_row(
            Text(text, style="bold"), claim["ledger"], *_figures(claim), _verdict(claim), claim["explanation"]
        )
        before = claim["claim_id"]
    return table


def _claim(answers: list[dict[str, Any]], evidence: bool) -> Group:
    parts: list[RenderableType] = [Text(""), Text(answers[0]["claim_text"], style="bold")]
    for claim in answers:
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_column(width=22, no_wrap=True)
        line.add_column(width=16, no_wrap=True)
        line.add_column()
        claimed, then, now = _figures(claim)
        figures = [f"{name} {value}" for name, value in (("that day", then), ("now", now)) if value != "–"]
        if claimed != "–":
            figures.insert(0, f"claimed {claimed}")
        line.add_row(_verdict(claim), claim["ledger"], "")
        parts.append(Padding(line, (0, 0, 0, 2)))
        if figures:
            parts.append(Padding(Text(", ".join(figures)), (0, 0, 0, 4)))
        parts.append(Padding(Text(claim["explanation"], style="dim"), (0, 0, 0, 4)))
        if evidence:
            parts.append(Padding(Text(claim["evidence_sql"], style="cyan"), (0, 0, 1, 4)))
    return Group(*parts)


def _verdict(claim: dict[str, Any]) -> Text:
    sign, word, style = VERDICTS[claim["verdict_code"]]
    return Text(f"{sign} {word}", style=style)


def _figures(claim: dict[str, Any]) -> tuple[str, str, str]:
    unit = "%" if claim["unit_code"] == "pct" else "bn"
    claimed = "–" if claim["claimed_value"] is None else f"{claim['claimed_value'].normalize():f} {unit}"
    return claimed, _figure(claim["claim_day_value"], unit), _figure(claim["latest_value"], unit)


def _figure(value: Decimal | None, unit: str) -> str:
    return "–" if value is None else f"{value:,.2f} {unit}"


def _tally(found: list[dict[str, Any]]) -> Text:
    counts = [
        f"{count} {sign} {word}"
        for code, (sign, word, _) in VERDICTS.items()
        if (count := sum(claim["verdict_code"] == code for claim in found))
    ]
    return Text(f"{', '.join(counts)}. `entrepot claims --evidence` shows the SQL behind each.")


def headlines(found: list[dict[str, Any]], width: int) -> Group:
    """Each headline, what it is to the trade held here, and whether a market moved beyond its normal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=True)
    table.add_column("day", no_wrap=True)
    table.add_column("headline", ratio=3)
    table.add_column("to trade", no_wrap=True)
    if width >= WIDE:
        table.add_column("about", ratio=2)
    table.add_column("markets", ratio=None if width >= WIDE else 2)
    if width >= WIDE:
        table.add_column("nearest to news", no_wrap=True)
        table.add_column("p", justify="right")
        table.add_column("q", justify="right")
        table.add_column("trade held\nafterwards", justify="right")
    for headline in found:
        sign, word, style = FINDINGS[headline["finding"]]
        relevance = " ".join(RELEVANCES[headline["relevance_code"]])
        cells = [str(headline["event_date"]), headline["title"], relevance]
        market = Text(f"{sign} {word}", style=style)
        nearest = f"{headline['asset_code']} {_moved(headline)}" if headline["asset_code"] else "–"
        if width >= WIDE:
            about = ", ".join(
                (headline[name] or "").replace(",", ", ")
                for name in ("topics", "countries", "sectors")
                if headline[name]
            )
            months = f"{headline['trade_months']} months" if headline["trade_months"] else "–"
            table.add_row(
                *cells, about, market, nearest, _share(headline["p_value"]), _share(headline["q_value"]), months
            )
        else:
            if headline["asset_code"]:
                market.append(f"\n{nearest}", style="dim")
            table.add_row(*cells, market)
    tested = sum(headline["test_count"] for headline in found)
    note = (
        f"{len(found)} headlines, {tested} reactions tested. Moved: q below 0.05 (Benjamini-Hochberg, by month). "
        "`entrepot headlines EVENT` shows one with its reactions and the trade after it: "
        f"{', '.join(headline['event_id'] for headline in found if headline['trade_months'] and headline['relevance_code'] == 'direct')}"
    )
    return Group(table, Text(""), Text(note))


def headline(found: dict[str, Any], reactions: list[dict[str, Any]], responses: list[dict[str, Any]]) -> Group:
    """One headline: its reactions, nearest to news first, and trade and duty in the months after it."""
    sign, word, style = FINDINGS[found["finding"]]
    parts: list[RenderableType] = [
        Text(found["title"], style="bold"),
        Text(
            f"{found['event_date']}, {' '.join(RELEVANCES[found['relevance_code']])} to trade; markets: {sign} {word}",
            style=style,
        ),
        Text(""),
    ]
    if reactions:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("asset", "session", "window"):
            table.add_column(name, no_wrap=True)
        for name in ("abnormal", "p", "q"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("beside it")
        for row in reactions:
            moved = _change(row["cumulative_abnormal_return"], row["return_type"])
            table.add_row(
                row["asset_code"],
                str(row["event_session_date"]),
                row["window_code"],
                moved,
                _share(row["p_value"]),
                _share(row["q_value"]),
                row["confounding_event_ids"] or "",
            )
        parts += [table, Text("")]
    if responses:
        parts.append(_responses(responses))
    else:
        parts.append(Text("No trade of the months after it is held."))
    return Group(*parts)


def _responses(responses: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("trade after it, against a year before")
    for name in ("", "months"):
        table.add_column(name, no_wrap=True)
    for name in ("bn USD", "change", "world", "duty"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in responses:
        duty = (
            "–"
            if row["tariff_after_pct"] is None
            else f"{row['tariff_before_pct'] or 0:.0f} → {row['tariff_after_pct']:.0f} %"
        )
        table.add_row(
            row["sector_name"],
            f"{'to' if row['flow_code'] == 'export' else 'from'} {row['partner_iso3']}",
            str(row["horizon_months_count"]),
            f"{row['value_bn']:,.2f}",
            _percent(row["horizon_change_pct"]),
            _percent(row["world_change_pct"]),
            duty,
        )
    return table


def _moved(row: dict[str, Any]) -> str:
    return _change(row["abnormal_return"], row["return_type"])


def _change(value: float, return_type: str) -> str:
    return f"{value:+.1f} bp" if return_type == "basis_points" else f"{100 * value:+.2f} %"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{round(value) + 0.0:+,.0f} %"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
