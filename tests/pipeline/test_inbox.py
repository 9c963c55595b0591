"""All four kinds of files that a user may bring, good and bad, through the real command, once."""

import subprocess
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from .changes import BAD, RETRIEVED_AT, SCRIPT

if TYPE_CHECKING:
    from tests.conftest import Built

Run = Callable[..., subprocess.CompletedProcess[str]]

# The columns of a mart that the printings of the same build leave alone, and the rows: all but those of their month.
AS_PUBLISHED = {
    "surplus_monthly": (
        "ledger_code, reporter_iso3, partner_iso3, period_month, export_usd, import_usd, balance_usd, known_from",
        "(ledger_code = 'census' or period_month <> '2025-05-01')",
    ),
    "surplus_vintages": ("* exclude (known_to, is_latest)", f"known_from < '{RETRIEVED_AT:%Y-%m-%d}'"),
    "sector_annual": (
        "ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, year, value_usd, known_from",
        "true",
    ),
}


def test_a_refused_file_is_told_and_stops_nothing(today: duckdb.DuckDBPyConnection, changed: "Built") -> None:
    assert "claims/empty.csv is empty" in changed.errors
    assert "left where it is" in changed.errors


def test_each_row_that_cannot_be_used_stands_in_quarantine_with_its_file_line_and_reason(
    today: duckdb.DuckDBPyConnection,
) -> None:
    found = today.execute(
        "select brought_path, quarantine_reason, raw_record from quarantine where source_name = 'inbox'"
    ).fetchall()
    assert sorted(path for path, _, _ in found) == sorted(
        [f"inbox/{name}" for name, rows in BAD.items() for _ in rows.splitlines()] + ["inbox/claims/empty.csv"]
    )
    reasons = " | ".join(reason for _, reason, _ in found)
    for said in (
        "no calendar XKRC; nearest: XKRX",
        "no time zone Asia/Soul; nearest: Asia/Seoul",
        "the metric is none",
    ):
        assert said in reasons
    assert all(record.startswith(("line=", "file=")) for _, _, record in found)


def test_a_declared_asset_is_studied_beside_its_benchmark(today: duckdb.DuckDBPyConnection) -> None:
    rows = today.execute(
        "select asset_code, model_code, count(*) > 0 from headline_event_study "
        "where asset_code in ('kosdaq', 'kospi') and p_value is not null group by all order by all"
    ).fetchall()
    assert rows == [
        ("kosdaq", "constant_mean", True),
        ("kosdaq", "market_model", True),
        ("kospi", "constant_mean", True),
    ]


def test_a_headline_is_an_event_and_its_script_is_only_text(today: duckdb.DuckDBPyConnection, changed: "Built") -> None:
    rows = today.execute("select title from headline_events where event_id like 'inbox-%' order by 1").fetchall()
    assert [title for (title,) in rows] == [SCRIPT, "KOSPI jumps as chip stocks rally"]
    page = (changed.home / "serving" / "current" / "site" / "index.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page


def test_trade_is_a_ledger_of_its_own(today: duckdb.DuckDBPyConnection) -> None:
    rows = today.execute(
        "select ledger_code, partner_iso3, balance_usd from surplus_monthly where reporter_iso3 = 'JPN'"
    ).fetchall()
    assert rows == [("mine_jpn", "USA", Decimal("600000.00"))]


def test_a_claim_is_judged_by_both_ledgers(today: duckdb.DuckDBPyConnection) -> None:
    rows = today.execute(
        "select ledger_code, verdict_code from headline_claims where claim_id = 'surplus-2023' order by 1"
    ).fetchall()
    assert rows == [("census", "contradicted"), ("kcs", "supported")]


def test_the_evidence_of_each_claim_is_one_question_that_a_closed_reader_answers(
    today: duckdb.DuckDBPyConnection, changed: "Built", entrepot: Run
) -> None:
    evidence = today.execute("select evidence_sql from headline_claims where claim_id = 'surplus-2023'").fetchall()
    assert len(evidence) == 2
    for (sql,) in evidence:
        answer = entrepot(changed.home, "query", "--csv", sql)
        assert answer.returncode == 0, answer.stderr
        assert len(answer.stdout.splitlines()) > 1


def test_what_others_published_is_as_it_was(
    today: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    for mart, (columns, unchanged) in AS_PUBLISHED.items():
        rows = f"select {columns} from {mart} where ledger_code in ('kcs', 'census') and {unchanged}"
        ask = f"select count(*), max(known_from), sum(hash(listed)::hugeint) from ({rows}) as listed"
        found = today.execute(ask).fetchall()
        assert found[0][0] > 1000
        assert found == published.execute(ask).fetchall(), mart


def test_the_status_names_what_was_set_aside_and_a_second_build_has_nothing_to_do(
    today: duckdb.DuckDBPyConnection, changed: "Built", entrepot: Run
) -> None:
    assert "Set aside of the inbox" in entrepot(changed.home, "status").stdout
    assert "Nothing new since release" in entrepot(changed.home, "build").stdout
