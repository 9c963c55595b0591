"""`surplus_monthly` and `sector_monthly` of a made-up world in PostgreSQL: releases copied in, then `by_postgres.sql`.

The server is tuned for one bulk load on one machine: no log ahead of writes, tables without one, a quarter of the
memory for its cache. What it costs is counted with it, since it is started and stopped here; its empty cluster is not.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

from tests.postgres.server import Database, prepare, served

SQL = Path(__file__).with_suffix(".sql")
TABLES = ("surplus_monthly", "sector_monthly")
REFERENCE = ("country_codes", "countries", "sector_products", "products", "product_conversions")
PRODUCTS = {
    "reporterCode": "reporter",
    "period": "period",
    "flowCode": "flow",
    "partnerCode": "partner",
    "cmdCode": "product",
    "netWgt": "net_weight",
    "primaryValue": "primary_value",
}
TOTALS = {name: PRODUCTS[name] for name in ("reporterCode", "period", "flowCode", "partnerCode", "primaryValue")}


def tuned() -> dict[str, str]:
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "shared_buffers": f"{memory_mb // 4}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        "work_mem": f"{memory_mb // 32}MB",
        "maintenance_work_mem": f"{memory_mb // 16}MB",
        "max_parallel_workers_per_gather": str(os.cpu_count()),
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "16GB",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "autovacuum": "off",
        "random_page_cost": "1.1",
        # Of joins by five columns it expects one row, and would then read a table once for each row of another.
        "enable_nestloop": "off",
    }


def printed(folder: Path, names: dict[str, str]) -> pa.RecordBatchReader:
    """The rows of every release, with its place among the names."""
    schema = pa.schema([("release", pa.int32()), *((name, pa.string()) for name in names.values())])

    def batches() -> Iterator[pa.RecordBatch]:
        for place, path in enumerate(sorted(folder.glob("*.parquet"))):
            rows = pq.read_table(path, columns=list(names)).select(list(names)).rename_columns(list(names.values()))
            rows = rows.add_column(0, "release", pa.repeat(pa.scalar(place, pa.int32()), rows.num_rows))
            yield from rows.cast(schema).to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches())


def reference_table(reference: Path, name: str) -> pa.Table:
    path = reference / f"{name}.csv"
    with path.open(encoding="utf-8") as lines:
        columns = dict.fromkeys(lines.readline().strip().split(","), pa.string())
    as_text = pa.csv.ConvertOptions(column_types=columns, strings_can_be_null=True, null_values=[""])
    return pa.csv.read_csv(path, convert_options=as_text)


def connect(database: Database) -> dbapi.Connection:
    address = f"{database.address()}?password={database.password}"
    return dbapi.connect(address, autocommit=True)


def make(landing: Path, reference: Path, folder: Path) -> None:
    """Makes both tables in the cluster of `<folder>/server`."""
    comtrade = landing / "comtrade"
    with (
        served(folder / "server", **tuned()) as database,
        connect(database) as connection,
        connection.cursor() as cursor,
    ):
        for name in REFERENCE:
            cursor.adbc_ingest(f"reference_{name}", reference_table(reference, name), mode="create")
        for table, names, releases in (
            ("printed_totals", TOTALS, comtrade / "monthly_trade"),
            ("printed_products", PRODUCTS, comtrade / "monthly_products"),
        ):
            columns = ", ".join(f"{name} text" for name in names.values())
            cursor.execute(f"create unlogged table {table} (release integer, {columns})")
            cursor.adbc_ingest(table, printed(releases, names), mode="append")
            cursor.execute(f"analyze {table}")
        for statement in SQL.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def export(folder: Path) -> None:
    """Writes what `make` left in the cluster into the folder as Parquet, so that it can be compared."""
    with served(folder / "server") as database, connect(database) as connection, connection.cursor() as cursor:
        for table in TABLES:
            columns = "select attname, atttypid = 'numeric'::regtype from pg_attribute where attrelid = $1::regclass and attnum > 0"
            cursor.execute(columns, (table,))
            chosen = (
                f"{name}::numeric(20, 2)::text as {name}" if is_numeric else name
                for name, is_numeric in cursor.fetchall()
            )
            cursor.execute(f"select {', '.join(chosen)} from {table}")
            rows = cursor.fetch_record_batch()
            with pq.ParquetWriter(folder / f"{table}.parquet", rows.schema) as writer:
                for batch in rows:
                    writer.write_batch(batch)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", folder]:
            (Path(folder) / "server").mkdir()
            prepare(Path(folder) / "server")
        case ["make", landing, reference, folder]:
            make(Path(landing), Path(reference), Path(folder))
        case ["export", folder]:
            export(Path(folder))
        case _:
            raise SystemExit("by_postgres prepare <folder> | make <landing> <reference> <folder> | export <folder>")
