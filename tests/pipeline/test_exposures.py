"""Who reads which mart, as dbt is told (`_exposures.yml`), is what the page, the dashboard and the copy really read."""

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from orchestration.publishing.page import render
from orchestration.settings import PROJECT

if TYPE_CHECKING:
    from tests.conftest import Built

BUNDLE = PROJECT / "dashboards" / "superset" / "bundle"


@pytest.fixture(scope="session")
def exposed(built: "Built") -> dict[str, set[str]]:
    manifest = json.loads((built.home / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    return {
        exposure["name"]: {parent.split(".")[-1] for parent in exposure["depends_on"]["nodes"]}
        for exposure in manifest["exposures"].values()
    }


def tables_named(parsed: Any) -> set[str]:
    """The tables and table macros of a statement as DuckDB parses it."""
    match parsed:
        case {"type": "BASE_TABLE", "table_name": str(name)}:
            return {name}
        case {"type": "TABLE_FUNCTION", "function": {"function_name": str(name)}}:
            return {name}
        case dict():
            return tables_named(list(parsed.values()))
        case list():
            return set().union(*map(tables_named, parsed))
        case _:
            return set()


def marts_read(database: duckdb.DuckDBPyConnection, statement: str) -> set[str]:
    """The marts a statement names, and those that a macro reads which it calls."""
    (text,) = database.execute("select json_serialize_sql(?)", [statement]).fetchall()[0]
    parsed = json.loads(text)
    assert not parsed["error"], statement
    named = tables_named(parsed)
    marts = {name for (name,) in database.execute("select mart_name from publication").fetchall()}
    macros = database.execute(
        "select function_name, macro_definition from duckdb_functions() where schema_name = 'marts' and not internal"
    ).fetchall()
    return (named & marts).union(*(marts_read(database, body) for name, body in macros if name in named))


class Recorded:
    """A connection that keeps what it was asked."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.database = database
        self.asked: list[str] = []

    def execute(self, statement: str, values: Any = None) -> duckdb.DuckDBPyConnection:
        self.asked.append(statement)
        return self.database.execute(statement, values)


def test_the_page_reads_the_marts_of_its_exposure(
    published: duckdb.DuckDBPyConnection, exposed: dict[str, set[str]]
) -> None:
    recorded: Any = Recorded(published)
    render(recorded)
    assert len(recorded.asked) > 20
    assert set().union(*(marts_read(published, asked) for asked in recorded.asked)) == exposed["page"]


def test_the_dashboard_reads_the_marts_of_its_exposure(
    published: duckdb.DuckDBPyConnection, exposed: dict[str, set[str]]
) -> None:
    datasets = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (BUNDLE / "datasets").glob("*.yaml")]
    charts = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (BUNDLE / "charts").glob("*.yaml")]
    assert {chart["dataset_uuid"] for chart in charts} == {dataset["uuid"] for dataset in datasets}
    read = set().union(*(marts_read(published, dataset["sql"]) for dataset in datasets))
    assert read == exposed["superset_dashboard"]


def test_the_copy_holds_every_mart(published: duckdb.DuckDBPyConnection, exposed: dict[str, set[str]]) -> None:
    marts = {name for (name,) in published.execute("select mart_name from publication").fetchall()}
    assert exposed["postgresql_copy"] == marts
