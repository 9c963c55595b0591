"""What an analyst finds on opening the file, and what `entrepot build` says about it."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.settings import BILL_OF_MATERIALS
from tests.unit.test_archive import NOT_BUNDLED

if TYPE_CHECKING:
    from tests.conftest import Built

KEYS = (Path(__file__).parents[1] / "conventions" / "asset_keys.txt").read_text(encoding="utf-8").split()
# These have no release calendar.
OWED_BY_NOBODY = {"baci.flows", "fred.vintages", "kcs.hs_codes", "yahoo.quotes"}
MARTS = sorted(key.removeprefix("marts/") for key in KEYS if key.startswith("marts/"))


def test_every_mart_that_data_are_bundled_for_has_rows_and_nothing_is_in_quarantine(
    published: duckdb.DuckDBPyConnection,
) -> None:
    counts = {mart: published.execute(f"select count(*) from {mart}").fetchall()[0][0] for mart in MARTS}
    # No ledger of many reporters is bundled, so nothing can be said of complexity; nor are flash figures and duties.
    empty = ["quarantine", "sector_complexity", "surplus_flash", "tariff_collected"]
    assert [mart for mart, rows in counts.items() if rows == 0] == empty
    tables = published.execute("select table_name from duckdb_tables() order by 1").fetchall()
    assert [name for (name,) in tables] == MARTS


def test_every_table_and_every_column_has_a_comment(published: duckdb.DuckDBPyConnection) -> None:
    silent = published.execute(
        """
        select table_name, null from duckdb_tables() where coalesce(comment, '') = ''
        union all
        select table_name, column_name from duckdb_columns()
        where not internal and database_name = 'trade' and coalesce(comment, '') = ''
        """
    ).fetchall()
    assert silent == []


@pytest.mark.parametrize("name", ["surplus_as_of", "marts.surplus_as_of"])
def test_a_macro_answers_on_a_fresh_read_only_connection_without_settings(built: "Built", name: str) -> None:
    path = built.home / "serving" / "current" / "trade.duckdb"
    with duckdb.connect(str(path), read_only=True) as analyst:
        rows = analyst.execute(f"select count(*) from {name}(date '2025-07-08') where partner_iso3 = 'USA'").fetchall()
    assert rows == [(305,)]


def test_the_parquet_files_hold_the_same_rows_as_the_tables(
    built: "Built", published: duckdb.DuckDBPyConnection
) -> None:
    folder = built.home / "serving" / "current" / "parquet"
    assert sorted(path.stem for path in folder.iterdir()) == MARTS
    for mart in MARTS:
        file = f"read_parquet('{folder / mart}.parquet')"
        differing = published.execute(
            f"(from {mart} except all from {file}) union all (from {file} except all from {mart})"
        ).fetchall()
        assert differing == [], mart


def test_the_file_has_the_storage_version_that_older_clients_open(published: duckdb.DuckDBPyConnection) -> None:
    tags = published.execute("select tags from duckdb_databases() where database_name = 'trade'").fetchall()[0][0]
    assert tags["storage_version"].startswith("v1.4.0")


def test_the_catalog_says_how_a_balance_is_made(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select mart_name, formula, unit_name from metric_catalog where column_name = 'balance_usd' order by all"
    ).fetchall()
    assert rows == [(mart, "export_usd − import_usd.", "USD") for mart in ("surplus_annual", "surplus_monthly")]


def test_the_health_of_each_source_is_told(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        """
        select source_name || '.' || table_name, release_count, row_count, cast(latest_period_month as varchar),
               totals_unequal_count, quarantined_row_count, failed_test_count, late_days > 0
        from data_health where source_name in ('kcs', 'census') and release_count > 0 order by 1
        """
    ).fetchall()
    assert rows == [
        ("census.chapter_imports", 1, 285_711, "2024-12-01", None, 0, 0, True),
        ("census.country_exports", 1, 36_283, "2024-12-01", 0, 0, 0, True),
        ("census.country_imports", 1, 36_277, "2024-12-01", 0, 0, 0, True),
        ("census.country_workbook", 1, 8_474, "2023-01-01", 192, 0, 0, True),
        ("kcs.chip_trade", 1, 14_442, "2026-05-01", None, 0, 0, True),
        ("kcs.country_totals", 1, 68_578, "2025-05-01", 0, 0, 0, True),
        ("kcs.national_totals", 1, 269, "2022-05-01", None, 0, 0, True),
        ("kcs.set_exports", 1, 105_868, "2026-05-01", None, 0, 0, True),
        ("kcs.subheading_exports", 1, 66_534, "2026-01-01", None, 0, 0, True),
    ]


def test_the_first_month_that_is_missing_is_due_by_its_publishers_calendar(
    published: duckdb.DuckDBPyConnection,
) -> None:
    rows = published.execute(
        "select source_name || '.' || table_name, cast(due_date as varchar) "
        "from data_health where table_name in ('country_imports', 'country_totals', 'duty_collected', 'federal_reserve') "
        "order by 1"
    ).fetchall()
    assert rows == [
        ("census.country_imports", "2025-03-05"),
        ("census.duty_collected", None),
        ("kcs.country_totals", "2025-07-15"),
        ("policy_rates.federal_reserve", "2026-04-02"),
    ]


def test_nothing_of_any_source_is_set_aside(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select source_name || '.' || table_name from data_health where quarantined_row_count > 0 or failed_test_count > 0"
    ).fetchall()
    assert rows == []


def test_what_is_not_bundled_is_named_as_not_held(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select source_name || '.' || table_name, row_count, latest_period_month, late_days from data_health "
        "where release_count = 0 order by 1"
    ).fetchall()
    # What a person has to ask for by name, or brings, is owed by no calendar and told only once it is held.
    told = {table for table in NOT_BUNDLED if not table.startswith("inbox.")} - OWED_BY_NOBODY
    assert rows == [(table, 0, None, None) for table in sorted(told)]


def test_the_release_describes_itself(published: duckdb.DuckDBPyConnection) -> None:
    told = published.execute("select mart_name, row_count from publication order by 1").fetchall()
    counted = [(mart, published.execute(f"select count(*) from {mart}").fetchall()[0][0]) for mart in MARTS]
    assert told == counted


def test_the_build_ends_with_a_summary_that_a_person_can_read(
    built: "Built", published: duckdb.DuckDBPyConnection
) -> None:
    (release,) = published.execute("select distinct release_id from publication").fetchall()[0]
    (tests,) = published.execute("select distinct tests_passed_count from publication").fetchall()[0]
    assert f"Release {release}" in built.output
    assert re.search(r"^surplus_monthly +[0-9]{3},[0-9]{3}$", built.output, re.MULTILINE)
    assert f"{tests} tests passed. " in built.output
    assert tests > 50
    assert "ledger kcs     exports  127.761  imports   72.132  balance  +55.629" in built.output
    assert "ledger census  exports   65.586  imports  131.553  balance  -65.967" in built.output
    assert f"Read it at {built.home / 'serving' / 'current' / 'trade.duckdb'}\n" in built.output
    assert 'entrepot query "' in built.output


def test_the_build_says_while_it_runs_how_far_it_is(built: "Built") -> None:
    steps = re.findall(r"^ +[0-9.]+ s +([0-9]+) of ([0-9]+) steps done, last \S.*$", built.output, re.MULTILINE)
    assert len(steps) >= 4
    assert steps[-1][0] == steps[-1][1]


def test_the_next_command_that_the_build_names_works(
    built: "Built", entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (sql,) = re.findall(r'entrepot query "(.*)"', built.output)
    answer = entrepot(built.home, "query", sql)
    assert answer.returncode == 0, answer.stderr
    assert "2023-01-01" in answer.stdout


def test_a_second_build_with_nothing_new_keeps_the_release_and_says_so(
    copied: Path, entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    served = (copied / "serving" / "current").readlink()
    answer = entrepot(copied, "build")
    assert answer.returncode == 0, answer.stderr
    assert f"Nothing new since release {served.name}: it is still served." in answer.stdout
    assert "balance  +55.629" in answer.stdout
    assert (copied / "serving" / "current").readlink() == served
    assert [path.name for path in (copied / "serving" / "releases").iterdir()] == [served.name]


def test_a_deleted_warehouse_is_told_by_verify_and_stops_nothing(
    copied: Path, entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (copied / "warehouse.duckdb").unlink()
    answer = entrepot(copied, "build")
    assert answer.returncode == 0, answer.stderr
    assert "Nothing new since release" in answer.stdout
    told = entrepot(copied, "verify", COLUMNS="240")
    assert told.returncode == 1
    assert "entrepot build --from-landing" in " ".join(told.stdout.split())
    assert entrepot(copied, "query", "select count(*) from surplus_annual").returncode == 0


def test_status_shows_release_freshness_rows_and_quarantine_within_eighty_columns(
    built: "Built", entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    answer = entrepot(built.home, "status")
    assert answer.returncode == 0, answer.stderr
    assert f"Served: release {(built.home / 'serving' / 'current').readlink().name}" in answer.stdout
    lines = answer.stdout.splitlines()
    assert any(
        re.fullmatch(r"kcs\.country_totals +2025-05 +\d{4}-\d{2} +[\d,]+ +1 +68,578 +0 +0", line) for line in lines
    )
    assert "…" not in answer.stdout
    assert "Something changed" not in answer.stdout
    assert re.search(
        r"^kcs June 2025 was due on 15 July 2025; [\d,]+ days late: country_totals$", answer.stdout, re.MULTILINE
    )


def test_status_names_a_damaged_release_that_is_not_served_and_shows_the_rest(
    copied: Path, entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    damaged = copied / "serving" / "releases" / "20200101T000000000000Z-00000000"
    damaged.mkdir()
    (damaged / "manifest.json").write_text("{")
    answer = entrepot(copied, "status")
    assert answer.returncode == 0, answer.stderr
    assert re.search(rf"^{damaged.name} +damaged +see `verify`", answer.stdout, re.MULTILINE)
    assert re.search(rf"^{(copied / 'serving' / 'current').readlink().name} +\d{{4}}-", answer.stdout, re.MULTILINE)


def test_the_release_says_what_it_was_made_with(built: "Built") -> None:
    current = built.home / "serving" / "current"
    assert (current / BILL_OF_MATERIALS.name).read_bytes() == BILL_OF_MATERIALS.read_bytes()
    assert BILL_OF_MATERIALS.name in json.loads((current / "manifest.json").read_text(encoding="utf-8"))["checksums"]
