"""Landing files → Spark's raw tables: nothing is copied, Spark reads the files where they lie.

Each table is its files under the columns that staging reads, and a view beside it adds what the loader adds in DuckDB:
`_release_id`, `_known_from` and `_row_number`. The ledger says which releases there are; a file it does not list is not read.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from orchestration.errors import EntrepotError
from orchestration.landing import Release, releases
from orchestration.settings import Settings
from orchestration.source import RawTable, Source
from orchestration.spark import last_build
from orchestration.spark.connection import Spark

LEDGER = pa.schema(
    [
        ("release_id", pa.string()),
        ("source_name", pa.string()),
        ("table_name", pa.string()),
        ("file_path", pa.string()),
        ("url", pa.string()),
        ("basis", pa.string()),
        ("published_from", pa.date32()),
        ("published_to", pa.date32()),
        ("retrieved_at", pa.timestamp("us")),
        ("known_from", pa.timestamp("us")),
        ("period_from", pa.date32()),
        ("period_to", pa.date32()),
        ("settled_through", pa.date32()),
        ("settled_status", pa.string()),
        ("open_status", pa.string()),
        ("row_count", pa.int64()),
        ("checksum", pa.string()),
        ("loaded_at", pa.timestamp("us")),
        ("scope", pa.string()),
    ]
)
RAW_TABLES = pa.schema(
    [
        ("source_name", pa.string()),
        ("table_name", pa.string()),
        ("publisher_name", pa.string()),
        ("grain", pa.string()),
        ("unit", pa.string()),
        ("release_lag_days", pa.int32()),
    ]
)


def register(spark: Spark, at: Settings, sources: Sequence[Source]) -> int:
    """Tells Spark of every release in landing; returns how many there are. May be said again: the last word counts.

    A release that Spark knew keeps the time at which it came. Where one is gone, the next build makes everything anew.
    """
    tables = [(source, table) for source in sources for table in source.tables]
    held = {(source.name, table.name): releases(at.landing, source.name, table.name) for source, table in tables}
    for schema in ["entrepot", "landing", *(source.name for source in sources)]:
        spark.run(f"create schema if not exists {schema}")
    ledger = _ledger(spark, at, [release for found in held.values() for release in found])
    declared = [
        {
            "source_name": source.name,
            "table_name": table.name,
            "publisher_name": source.publisher,
            "grain": table.grain,
            "unit": table.unit,
            "release_lag_days": table.release_lag_days,
        }
        for source, table in tables
    ]
    with duckdb.connect() as database:
        for name, rows, schema in (("releases", ledger, LEDGER), ("raw_tables", declared, RAW_TABLES)):
            database.register(name, pa.Table.from_pylist(rows, schema=schema))
            spark.hand_over(database.table(name), f"entrepot.{name}")
        for source, table in tables:
            _require_columns(database, at, held[source.name, table.name], table)
    for source, table in tables:
        _raw(spark, at, source, table)
    return len(ledger)


def _ledger(spark: Spark, at: Settings, landed: Sequence[Release]) -> list[dict[str, object]]:
    known = _known(spark)
    if not known or not known.keys() <= {release.release_id for release in landed}:
        last_build.forget(spark)
    # A clock that was set back hides no release from the next build.
    now = max([datetime.now(UTC).replace(tzinfo=None), *(came + timedelta(microseconds=1) for came in known.values())])
    return [_entry(at, release, known.get(release.release_id, now)) for release in landed]


def _known(spark: Spark) -> dict[str, datetime]:
    """When each release came that the ledger of an earlier build lists."""
    if not spark.has("entrepot.releases"):
        return {}
    listed = spark.run("select release_id, cast(loaded_at as string) from entrepot.releases")
    return {release_id: datetime.fromisoformat(loaded_at) for release_id, loaded_at in listed}


def _entry(at: Settings, release: Release, loaded_at: datetime) -> dict[str, object]:
    kept = {field.name: getattr(release, field.name) for field in fields(release) if field.name in LEDGER.names}
    retrieved = release.retrieved_at
    return kept | {
        "release_id": release.release_id,
        "source_name": release.source,
        "table_name": release.table,
        "file_path": release.path(at.landing).relative_to(at.landing).as_posix(),
        "retrieved_at": retrieved.astimezone(UTC).replace(tzinfo=None) if retrieved and retrieved.tzinfo else retrieved,
        "known_from": release.known_from,
        "loaded_at": loaded_at,
    }


def _require_columns(
    database: duckdb.DuckDBPyConnection, at: Settings, held: Sequence[Release], table: RawTable
) -> None:
    """A file without a column that staging reads would give nulls without a word: it is refused, as DuckDB's loader does."""
    if not held:
        return
    paths = [str(release.path(at.landing)) for release in held]
    found = database.execute(
        "select file_name, list(name) from parquet_schema(?) where num_children is null group by file_name", [paths]
    ).fetchall()
    for path, columns in found:
        missing = [column for column in table.columns if column not in columns]
        if missing:
            raise EntrepotError(
                f"{held[0].source}/{table.name}: {path} lacks the column {', '.join(missing)}; it has {', '.join(columns)}. "
                "The publisher renamed or dropped it. Nothing was built. Teach the source module and its staging model the "
                "new name, then run again."
            )


def _raw(spark: Spark, at: Settings, source: Source, table: RawTable) -> None:
    folder = at.landing / source.name / table.name
    folder.mkdir(parents=True, exist_ok=True)
    files = f"landing.{source.name}__{table.name}"
    columns = ", ".join(f"`{column}` string" for column in table.columns)
    spark.run(f"drop table if exists {files}")
    spark.run(
        f"create table {files} ({columns}) using parquet options (pathGlobFilter '*.parquet') location '{folder}'"
    )
    printed = ", ".join(f"printed.`{column}`" for column in table.columns)
    # Worked out from the file's name, not taken from the ledger: so a filter by release opens no file but theirs.
    release_id = f"concat('{source.name}.{table.name}.', replace(printed._metadata.file_name, '.parquet', ''))"
    spark.run(
        f"create or replace view {source.name}.{table.name} as "
        f"select {printed}, {release_id} as _release_id, releases.known_from as _known_from, "
        "printed._metadata.row_index as _row_number "
        f"from {files} as printed inner join entrepot.releases as releases on releases.release_id = {release_id}"
    )
