"""Statements for Spark over Thrift, and tables to and from it as Parquet files that both sides can see."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from pyhive import hive
from thrift.Thrift import TException

from orchestration.errors import EntrepotError
from orchestration.settings import SparkSettings

# Parquet of DuckDB that Spark cannot read, or would read as another type.
STORED_AS = {
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "HUGEINT": "bigint",
    "UBIGINT": "bigint",
    "UINTEGER": "bigint",
}
STRICT = {"spark.sql.ansi.enabled": "true"}


@dataclass(frozen=True)
class Spark:
    """One session. `exchange` is the folder for what is handed over; the cluster must see it under the same path."""

    cursor: Any
    exchange: Path

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Runs one statement; returns its rows, or none where it has none. Raises `EntrepotError` with Spark's words."""
        try:
            self.cursor.execute(sql)
            rows: list[tuple[Any, ...]] = self.cursor.fetchall() if self.cursor.description else []
        except hive.Error as problem:
            said = getattr(getattr(problem.args[0], "status", None), "errorMessage", None) or problem
            raise EntrepotError(f"Spark refused `{' '.join(sql.split())[:120]}`: {str(said)[:500]}") from problem
        return rows

    def has(self, table: str) -> bool:
        schema, _, name = table.partition(".")
        return bool(self.run(f"show tables in {schema} like '{name}'"))

    def fetch(self, table: str, database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """A table of Spark as a relation of DuckDB. Times are UTC without a zone, as in DuckDB's own build."""
        folder = self.exchange / "out" / table
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.run(f"insert overwrite directory {_text(folder)} using parquet select * from {table}")
        return _stored(database.read_parquet(f"{folder}/*.parquet"))

    def hand_over(self, rows: duckdb.DuckDBPyRelation, table: str) -> None:
        """Makes a table of Spark from rows of DuckDB; one of that name is replaced."""
        folder = self.exchange / "in" / table
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _stored(rows).write_parquet(str(folder / "rows.parquet"))
        self.run(f"drop table if exists {table}")
        self.run(f"create table {table} using parquet as select * from parquet.`{folder}`")


@contextmanager
def connected(wanted: SparkSettings, home: Path) -> Iterator[Spark]:
    """A session with the cluster that the settings name; closed at the end."""
    try:
        session = hive.connect(host=wanted.host, port=wanted.port, username=wanted.user, configuration=STRICT)
    except (OSError, TException) as problem:
        raise EntrepotError(
            f"Spark does not answer on {wanted.host}:{wanted.port} ({problem}). Nothing was changed. Start one on this "
            "machine with `make spark-up`, or set ENTREPOT_SPARK__HOST and ENTREPOT_SPARK__PORT to your cluster's Thrift server."
        ) from problem
    try:
        yield Spark(session.cursor(), home / "exchange")
    finally:
        session.close()


def _stored(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    columns = [
        f'cast("{name}" as {STORED_AS[str(kind)]}) as "{name}"' if str(kind) in STORED_AS else f'"{name}"'
        for name, kind in zip(rows.columns, rows.types, strict=True)
    ]
    return rows.project(", ".join(columns))


def _text(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "\\'") + "'"
