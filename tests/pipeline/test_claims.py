"""Verdicts that a reader can check: the SQL beside each gives its figures again, and the commands print them."""

import csv
import subprocess
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.settings import PROJECT

if TYPE_CHECKING:
    from tests.conftest import Built

CLAIMS = list(csv.DictReader((PROJECT / "seeds" / "reference" / "claims.csv").open(encoding="utf-8")))
Run = Callable[..., subprocess.CompletedProcess[str]]

VERDICTS = {
    ("surplus-2024-level", "kcs"): "supported",
    ("surplus-2024-level", "census"): "contradicted",
    ("surplus-2024-growth", "kcs"): "supported",
    ("surplus-2024-growth", "census"): "contradicted",
    ("surplus-2024-record", "kcs"): "supported",
    ("surplus-2024-record", "census"): "supported",
    ("surplus-2024-driver-cars", "kcs"): "partly_supported",
    ("surplus-2024-driver-cars", "census"): "supported",
    ("tariff-25-from-aug-1", "tariffs"): "superseded",
    ("deadline-not-firm", "tariffs"): "supported",
    ("korus-near-zero", "census"): "not_checkable",
    ("korus-signed-2007", "none"): "not_checkable",
    ("korus-revised-2018", "none"): "not_checkable",
    ("us-concern-market-access", "none"): "not_checkable",
}


@pytest.fixture(scope="module")
def release(built: "Built") -> duckdb.DuckDBPyConnection:
    """As any client opens it: read-only, nothing set."""
    return duckdb.connect(str(built.home / "serving" / "current" / "trade.duckdb"), read_only=True)


def test_each_claim_has_the_verdict_that_its_ledgers_give_it(release: duckdb.DuckDBPyConnection) -> None:
    rows = release.execute("select claim_id, ledger_code, verdict_code from marts.headline_claims").fetchall()
    assert {(claim, ledger): verdict for claim, ledger, verdict in rows} == VERDICTS
    assert {claim for claim, _ in VERDICTS} == {claim["claim_id"] for claim in CLAIMS}


@pytest.mark.parametrize(("claim", "ledger"), VERDICTS)
def test_the_evidence_gives_the_figures_of_the_verdict_again(
    release: duckdb.DuckDBPyConnection, claim: str, ledger: str
) -> None:
    (row,) = release.execute(
        "select claim_day_value, latest_value, evidence_sql from marts.headline_claims where claim_id = ? and ledger_code = ?",
        [claim, ledger],
    ).fetchall()
    *figures, sql = row
    answer = release.execute(sql)
    names = [column[0] for column in answer.description]
    found = answer.fetchall()
    assert found, sql
    given = dict(zip(names, found[0], strict=True))
    for name, figure in zip(("claim_day_value", "latest_value"), figures, strict=True):
        if figure is None:
            assert given[name] is None, sql
        else:
            assert float(given[name]) == pytest.approx(float(figure), abs=1e-8), sql


def test_the_reasons_name_the_figures_that_decided(release: duckdb.DuckDBPyConnection) -> None:
    why = {
        (claim, ledger): text
        for claim, ledger, text in release.execute(
            "select claim_id, ledger_code, explanation from marts.headline_claims"
        ).fetchall()
    }
    assert "2.63" in why["surplus-2024-driver-cars", "kcs"] and "60 %" in why["surplus-2024-driver-cars", "kcs"]
    assert "chapter 87 gave 6.95" in why["surplus-2024-driver-cars", "census"]
    assert "never in force" in why["tariff-25-from-aug-1", "tariffs"]
    assert "15.0 % from 2025-08-07" in why["tariff-25-from-aug-1", "tariffs"]


def test_cars_sold_to_america_after_the_letter_are_counted_from_the_months_themselves(
    release: duckdb.DuckDBPyConnection,
) -> None:
    question = """
        select sum(value_usd) from marts.sector_monthly
        where ledger_code = 'kcs' and flow_code = 'export' and scheme_code = 'kcs_set' and sector_code = '8703+8708'
          and partner_iso3 = ? and period_month between cast(? as date) and cast(? as date)
    """

    def traded(partner: str, year: int) -> Decimal:
        found: Decimal = release.execute(question, [partner, f"{year}-08-01", f"{year}-10-01"]).fetchall()[0][0]
        return found

    (row,) = release.execute(
        """
        select horizon_change_pct, world_change_pct, tariff_before_pct, tariff_after_pct, known_from > last_period_month
        from marts.headline_trade_response
        where event_id = 'tariff-letter' and ledger_code = 'kcs' and flow_code = 'export' and sector_code = '8703+8708'
          and horizon_months_count = 3
        """
    ).fetchall()
    assert row[0] == pytest.approx(100 * (float(traded("USA", 2025) / traded("USA", 2024)) - 1))
    assert row[1] == pytest.approx(100 * (float(traded("WLD", 2025) / traded("WLD", 2024)) - 1))
    assert row[2:] == (25.0, 25.0, True)


def test_what_is_not_over_has_no_response_yet(release: duckdb.DuckDBPyConnection) -> None:
    rows = release.execute(
        """
        select count(*), count(horizon_value_usd), count(known_from) from marts.headline_trade_response
        where event_id = 'tariff-letter' and ledger_code = 'kcs' and horizon_months_count = 12
        """
    ).fetchall()
    assert rows[0][0] > 0
    assert rows[0][1:] == (0, 0)


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("arguments", [("claims",), ("headlines",), ("headlines", "tariff-letter")])
def test_a_table_fits_its_terminal_and_says_verdicts_in_words(
    built: "Built", entrepot: Run, arguments: tuple[str, ...], columns: int
) -> None:
    told = entrepot(built.home, *arguments, COLUMNS=str(columns))
    assert told.returncode == 0, told.stderr
    assert max(len(line) for line in told.stdout.splitlines()) <= columns
    assert "…" not in told.stdout
    words = ["✔ supported", "✘ contradicted", "↻ superseded", "? not checkable"]
    for word in words if arguments == ("claims",) else ["· no more than usual"]:
        assert word in told.stdout


def test_csv_holds_every_claim_and_every_headline(built: "Built", entrepot: Run) -> None:
    claims = list(csv.DictReader(entrepot(built.home, "claims", "--csv").stdout.splitlines(keepends=True)))
    assert {(claim["claim_id"], claim["ledger_code"]): claim["verdict_code"] for claim in claims} == VERDICTS
    headlines = list(csv.DictReader(entrepot(built.home, "headlines", "--csv").stdout.splitlines(keepends=True)))
    assert len(headlines) == len({headline["event_id"] for headline in headlines}) == 18


def test_evidence_is_printed_on_request(built: "Built", entrepot: Run) -> None:
    told = entrepot(built.home, "claims", "--evidence", COLUMNS="160")
    assert told.stdout.count("from marts.surplus_vintages") == 6


def test_a_headline_that_is_not_there_is_answered_with_those_that_are(built: "Built", entrepot: Run) -> None:
    told = entrepot(built.home, "headlines", "no-such-event")
    assert told.returncode == 1
    assert "tariff-letter" in told.stderr
