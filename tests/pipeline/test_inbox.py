"""All four kinds of files that a user may bring, good and bad, through the real command, once."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.settings import PROJECT

if TYPE_CHECKING:
    from tests.conftest import Built

Run = Callable[..., subprocess.CompletedProcess[str]]
EXAMPLES = re.findall(r"```csv (\S+)\n(.*?)```", (PROJECT / "docs" / "inbox.md").read_text(encoding="utf-8"), re.DOTALL)
ODD = "headlines/=cmd() \u202e'; drop.csv"
SCRIPT = "<script>alert(1)</script> Tariff on Korea =cmd()"
BAD = {
    "prices/assets.csv": "nowhere,Nowhere,index,log,XKRC,,,KOR\n",
    "prices/indices.csv": "kospi,2025-13-01,1\nkospi,2025-01-02,x\nnobody,2025-01-02,1\n",
    "headlines/mine.csv": '"In no zone",2025-11-05,14:00,Asia/Soul,,kospi\n',
    "trade/mine.csv": "mine,JPN,QQQ,export,2024-05,1,,\nmine,JPN,USA,out,2024-05,1,,\n",
    "claims/mine.csv": (
        "gdp,Claim '; drop table x,level,KOR,USA,gdp,2023,1,pct,1,2025-07-08\n"
        "quoted,Partner,level,KOR,USA') or 1=1 --,export,2023,1,bn_usd,1,2025-07-08\n"
    ),
}


def prices() -> str:
    """Two years of days that move a little and never alike."""
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(800)]
    return "".join(
        f"kospi,{day},{2500 + at * 7919 % 97}\nkosdaq,{day},{800 + at * 104729 % 89}\n"
        for at, day in enumerate(days)
        if day.weekday() < 5 and day != date(2025, 7, 7)
    )


@pytest.fixture(scope="module")
def home(built: "Built", tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = shutil.copytree(built.home, tmp_path_factory.mktemp("inbox") / built.home.name, symlinks=True)
    for name, text in EXAMPLES:
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + BAD.get(name, "") + (prices() if name == "prices/indices.csv" else ""), encoding="utf-8")
    (home / "inbox" / ODD).write_text(f"title,published_on\n{SCRIPT},2025-10-01\n", encoding="utf-8")
    (home / "inbox" / "claims" / "empty.csv").touch()
    return home


@pytest.fixture(scope="module")
def answer(home: Path, entrepot: Run) -> subprocess.CompletedProcess[str]:
    """The one whole build of this module."""
    return entrepot(home, "build")


@pytest.fixture(scope="module")
def today(home: Path, answer: subprocess.CompletedProcess[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    with duckdb.connect(str(home / "serving" / "current" / "trade.duckdb"), read_only=True) as connection:
        connection.execute("use marts")
        yield connection


def test_a_refused_file_is_told_and_stops_nothing(
    today: duckdb.DuckDBPyConnection, answer: subprocess.CompletedProcess[str]
) -> None:
    assert "claims/empty.csv is empty" in answer.stderr
    assert "left where it is" in answer.stderr


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


def test_a_headline_is_an_event_and_its_script_is_only_text(today: duckdb.DuckDBPyConnection, home: Path) -> None:
    rows = today.execute("select title from headline_events where event_id like 'inbox-%' order by 1").fetchall()
    assert [title for (title,) in rows] == [SCRIPT, "KOSPI jumps as chip stocks rally"]
    page = (home / "serving" / "current" / "site" / "index.html").read_text(encoding="utf-8")
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
    today: duckdb.DuckDBPyConnection, home: Path, entrepot: Run
) -> None:
    evidence = today.execute("select evidence_sql from headline_claims where claim_id = 'surplus-2023'").fetchall()
    assert len(evidence) == 2
    for (sql,) in evidence:
        answer = entrepot(home, "query", "--csv", sql)
        assert answer.returncode == 0, answer.stderr
        assert len(answer.stdout.splitlines()) > 1


def test_what_others_published_is_as_it_was(
    today: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    for mart in ("surplus_monthly", "surplus_vintages", "sector_annual"):
        ask = f"select count(*), max(known_from), sum(hash(ledger_code)) from {mart} where ledger_code in ('kcs', 'census')"
        assert today.execute(ask).fetchall() == published.execute(ask).fetchall(), mart


def test_the_status_names_what_was_set_aside_and_a_second_build_has_nothing_to_do(
    today: duckdb.DuckDBPyConnection, home: Path, entrepot: Run
) -> None:
    assert "Set aside of the inbox" in entrepot(home, "status").stdout
    assert "Nothing new since release" in entrepot(home, "build").stdout
