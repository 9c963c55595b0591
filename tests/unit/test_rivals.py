"""The comparison with other tools compares the same work, and the page shows what was measured."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import PROJECT
from tests.benchmarks import world_by_hand
from tests.benchmarks.rivals import by_pandas
from tests.benchmarks.rivals.compared import TABLES, differing_rows, of_parquet
from tests.benchmarks.rivals.table import MEASURED, PAGE, Cost, Run, cell, in_page, markdown, read, together, write
from tests.benchmarks.world import World, write_history

COST = Cost("done", wall_seconds=60, cpu_seconds=90.04, peak_megabytes=2_000, differing_rows=0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny world, and both tables of it by the script and by pandas."""
    home = tmp_path_factory.mktemp("rivals")
    write_history(home / "landing", World(rows=2_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENTREPOT_HOME", str(home))
        world_by_hand.make(home / "script.duckdb")
    by_pandas.make(home / "landing", PROJECT / "seeds" / "reference", home)
    return home


def test_pandas_makes_the_rows_of_the_script(home: Path) -> None:
    for table in TABLES:
        found = duckdb.sql(f"select count(*) from '{home / table}.parquet'").fetchone()
        assert found is not None
        assert found[0] > 1_000
    assert differing_rows(home / "script.duckdb", of_parquet(home)) == 0


@pytest.mark.parametrize(
    "changed",
    [
        "replace (value_usd + if(is_chosen, 0.01, 0) as value_usd) from chosen",
        "replace (if(is_chosen, null, sector_share) as sector_share) from chosen",
        "from chosen where not is_chosen",
    ],
    ids=["a cent more", "a share less", "a row less"],
)
def test_one_row_that_differs_is_seen(home: Path, tmp_path: Path, changed: str) -> None:
    (tmp_path / "surplus_monthly.parquet").symlink_to(home / "surplus_monthly.parquet")
    duckdb.execute(f"""
        copy (
            with chosen as (
                select *, row_number() over (order by sector_share is null, {", ".join(TABLES["sector_monthly"])}) = 1 as is_chosen
                from '{home / "sector_monthly.parquet"}'
            )
            select * {changed}
        ) to '{tmp_path / "sector_monthly.parquet"}'
    """)
    assert differing_rows(home / "script.duckdb", of_parquet(tmp_path)) == 1


def test_a_run_adds_to_those_of_the_same_size_and_machine(tmp_path: Path) -> None:
    before = [Run(5, "one machine", {"a": COST, "b": COST}), Run(1, "one machine", {"a": COST})]
    dearer = replace(COST, cpu_seconds=99)
    write(tmp_path / "runs.json", together(before, [Run(5, "one machine", {"b": dearer, "c": COST})]))
    assert read(tmp_path / "runs.json") == [
        Run(1, "one machine", {"a": COST}),
        Run(5, "one machine", {"a": COST, "b": dearer, "c": COST}),
    ]
    elsewhere = together(before, [Run(5, "another machine", {"c": COST})])
    assert Run(5, "another machine", {"c": COST}) in elsewhere


def test_a_cell_says_how_it_ended() -> None:
    assert cell(COST) == "90.0 · 60.0 · 2.0"
    assert cell(None) == "not measured"
    assert cell(replace(COST, ended="out of memory")) == "out of memory after 90 CPU s"


def test_the_page_shows_what_was_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert in_page(page, read(MEASURED)) == page, "run `python -m tests.benchmarks.rivals.table`"
    assert markdown(read(MEASURED)).count("|") > 20


def test_every_figure_of_the_page_compares_the_same_rows() -> None:
    runs = read(MEASURED)
    assert runs
    for run in runs:
        others = [cost for tool, cost in run.costs.items() if "script" not in tool and cost.ended == "done"]
        assert {cost.differing_rows for cost in others} <= {0}
