"""What a tool made, beside what the hand-written script made of the same releases."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.benchmarks.world_build import SECTOR, SURPLUS, differing

TABLES = {"surplus_monthly": SURPLUS, "sector_monthly": SECTOR}
OF_A_STEP = "_earlier"  # how those columns of the script end that no mart has

Made = Callable[[duckdb.DuckDBPyConnection, str], str]


def of_parquet(folder: Path) -> Made:
    return lambda connection, table: f"'{folder / table}.parquet'"


def of_database(file: Path, schema: str) -> Made:
    """By its own name, which the views of a warehouse name."""

    def relation(connection: duckdb.DuckDBPyConnection, table: str) -> str:
        connection.execute(f"attach if not exists '{file}' as {file.stem} (read_only)")
        return f"{file.stem}.{schema}.{table}"

    return relation


def differing_rows(script: Path, made: Made) -> int:
    """Rows of both tables that are not the script's. Only its columns count, read as its types: money to the cent."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{script}' as script (read_only)")
        count = 0
        for table, keys in TABLES.items():
            described = connection.execute(f"describe script.{table}").fetchall()
            columns = {name: kind for name, kind, *_ in described if not name.endswith(OF_A_STEP)}
            chosen = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
            connection.execute(f"create view {table} as select {chosen} from {made(connection, table)}")
            connection.execute(f"create view script_{table} as select {', '.join(columns)} from script.{table}")
            count += differing(connection, table, f"script_{table}", keys)
        return count
