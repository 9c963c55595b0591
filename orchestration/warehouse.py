"""Landing files → raw tables. Append-only: a release is loaded once, whole, with its line in the ledger, or not at all.

A table that stays in landing is a view of its files: of those in the ledger, so that there too a release is whole or
not there. It is made anew at each load, since a home may move. Small releases share a transaction, since each costs
more than its rows; where one of them fails, they are loaded alone.
"""

import glob
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.errors import EntrepotError
from orchestration.landing import Release, is_readable, unlisted
from orchestration.source import RawTable, Source

BUILT_AGAIN = "`entrepot build --from-landing` builds it again from the landing files"
LEDGER = """
create schema if not exists entrepot;
create table if not exists entrepot.releases (
    release_id varchar primary key, source_name varchar, table_name varchar, file_path varchar, url varchar, basis varchar,
    published_from date, published_to date, retrieved_at timestamp, known_from timestamp,
    period_from date, period_to date, settled_through date, settled_status varchar, open_status varchar,
    row_count bigint, checksum varchar, loaded_at timestamp, scope varchar
);
alter table entrepot.releases add column if not exists scope varchar;
create table if not exists entrepot.raw_tables (
    source_name varchar, table_name varchar, publisher_name varchar, grain varchar, unit varchar, release_lag_days integer,
    primary key (source_name, table_name)
);
"""

ROWS_AT_ONCE = 2_000_000
RELEASES_AT_ONCE = 200


@dataclass(frozen=True)
class Loaded:
    """What one call of `load` did: releases added now, rows they brought, releases the raw table holds in all."""

    added: int
    rows: int
    held: int


@contextmanager
def connect(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The only writer's connection, closed at the end so that dbt can open the file after it.

    A file that it makes is for this version of DuckDB alone: no reader opens it, and text is written a quarter faster.
    """
    shutil.rmtree(warehouse.with_name(f"{warehouse.name}.tmp"), ignore_errors=True)  # a killed run's large sorts
    try:
        connection = duckdb.connect(str(warehouse), config={"storage_compatibility_version": "latest"})
    except duckdb.Error as problem:
        said = _first_line(problem)
        way_out = (
            "Close the program that holds it; readers should open the published file instead, which is never locked "
            "(`entrepot status` shows where it is)."
            if "lock" in said
            else "Free some space or mend the folder's rights if that is what it says, then run again. If the file is "
            f"damaged (`entrepot verify` tells), {BUILT_AGAIN}."
        )
        raise EntrepotError(f"Cannot open {warehouse} ({said}). Nothing was changed. {way_out}") from problem
    try:
        connection.execute(LEDGER)
        yield connection
    except duckdb.Error as problem:
        raise EntrepotError(
            f"Cannot write {warehouse} ({_first_line(problem)}). Nothing half was kept: a release is added whole or not "
            "at all, and what is served is untouched. Free some space or mend the folder's rights, then run again. If "
            f"the file is damaged (`entrepot verify` tells), {BUILT_AGAIN}."
        ) from problem
    finally:
        connection.close()


def load(warehouse: Path, landing: Path, source: Source, table: RawTable) -> Loaded:
    """Loads the releases of one table that the ledger does not list yet, oldest first."""
    with connect(warehouse) as connection:
        if table.stays_in_landing:
            _require_landed(connection, landing, source, table)
        _declare(connection, source, table)
        listed = connection.execute("select release_id from entrepot.releases").fetchall()
        pending, held = unlisted(landing, source.name, table.name, {release_id for (release_id,) in listed})
        for batch in _batches(pending):
            try:
                _load_releases(connection, landing, batch, table)
            except EntrepotError:
                if len(batch) == 1:
                    raise
                for release in batch:
                    _load_releases(connection, landing, [release], table)
        if table.stays_in_landing:
            _show_landed(connection, landing, source, table)
    return Loaded(added=len(pending), rows=sum(release.row_count for release in pending), held=held)


def _batches(pending: list[Release]) -> Iterator[list[Release]]:
    batch: list[Release] = []
    for release in pending:
        if batch and (
            len(batch) == RELEASES_AT_ONCE or sum(held.row_count for held in batch) + release.row_count > ROWS_AT_ONCE
        ):
            yield batch
            batch = []
        batch.append(release)
    if batch:
        yield batch


def _first_line(problem: BaseException) -> str:
    return str(problem).partition("\n")[0]


def _declare(connection: duckdb.DuckDBPyConnection, source: Source, table: RawTable) -> None:
    """The raw table exists from the first run on, empty where nothing was ever fetched, so that every model can be built."""
    columns = ", ".join(f'"{column}" varchar' for column in table.columns)
    connection.execute(f'create schema if not exists "{source.name}"')
    if not table.stays_in_landing:
        connection.execute(
            f'create table if not exists "{source.name}"."{table.name}" '
            f"({columns}, _release_id varchar, _known_from timestamp, _row_number bigint)"
        )
    connection.execute(
        "insert or replace into entrepot.raw_tables values (?, ?, ?, ?, ?, ?)",
        [source.name, table.name, source.publisher, table.grain, table.unit, table.release_lag_days],
    )


def _require_landed(connection: duckdb.DuckDBPyConnection, landing: Path, source: Source, table: RawTable) -> None:
    """Each file that the ledger lists: without one, its rows would be missing and no step would say so."""
    folder = landing / source.name / table.name
    held = {path.relative_to(landing).as_posix() for path in folder.glob("*.parquet")}
    listed = connection.execute(
        "select file_path from entrepot.releases where source_name = ? and table_name = ? order by file_path",
        [source.name, table.name],
    ).fetchall()
    gone = [path for (path,) in listed if path not in held]
    if gone:
        raise EntrepotError(
            f"{source.name}/{table.name}: {len(gone)} release files that the warehouse reads where they landed are "
            f"missing, the first {landing / gone[0]}. Nothing was loaded or built, what is served is untouched. "
            "`entrepot verify` says how each comes back."
        )


def _show_landed(connection: duckdb.DuckDBPyConnection, landing: Path, source: Source, table: RawTable) -> None:
    """The raw table as a view. The id of a release is the name of its file, so a filter by id opens no other file."""
    name = f'"{source.name}"."{table.name}"'
    found = connection.execute(
        "select (select count(*) from entrepot.releases where source_name = $source and table_name = $table), "
        "(select count(*) from duckdb_tables() where schema_name = $source and table_name = $table)",
        {"source": source.name, "table": table.name},
    ).fetchone()
    releases, copies = found or (0, 0)
    columns = [_quoted(column) for column in table.columns]
    files = f"{glob.escape(str(landing / source.name / table.name))}/*.parquet".replace("'", "''")
    empty = ", ".join(f"cast(null as varchar) as {column}" for column in columns)
    shown = (
        f"""
        select {", ".join(f"printed.{column}" for column in columns)}, printed._release_id,
            releases.known_from as _known_from, printed.file_row_number as _row_number
        from (
            select *, concat('{source.name}.{table.name}.', parse_filename(filename, true)) as _release_id
            from read_parquet('{files}', file_row_number = true, filename = true)
        ) as printed
        inner join entrepot.releases as releases on releases.release_id = printed._release_id
        """
        if releases
        else f"select {empty}, cast(null as varchar) as _release_id, cast(null as timestamp) as _known_from, "
        "cast(null as bigint) as _row_number where false"
    )
    connection.execute("begin")
    if copies:
        connection.execute(f"drop table {name}")
    connection.execute(f"create or replace view {name} as {shown}")
    connection.execute("commit")


def _load_releases(connection: duckdb.DuckDBPyConnection, landing: Path, batch: list[Release], table: RawTable) -> None:
    paths = [str(release.path(landing)) for release in batch]
    name = f'"{batch[0].source}"."{batch[0].table}"'
    connection.execute("begin")
    try:
        columns = _columns(connection, paths, batch, table)
        if not table.stays_in_landing:
            _add_columns(connection, batch[0], columns)
            connection.execute(
                f"insert into {name} by name "
                "select printed.* exclude (file_row_number, filename), batch._release_id, batch._known_from, "
                "printed.file_row_number as _row_number "
                "from read_parquet(?, file_row_number = true, filename = true, union_by_name = true) as printed "
                "inner join (select unnest(?) as path, unnest(?) as _release_id, unnest(?) as _known_from) as batch "
                "on batch.path = printed.filename",
                [paths, paths, [release.release_id for release in batch], [release.known_from for release in batch]],
            )
        _write_ledger(connection, [_ledger_line(landing, release) for release in batch])
        connection.execute("commit")
    except BaseException as problem:
        with suppress(duckdb.Error):  # none is open any more where the commit failed, or the database itself
            connection.execute("rollback")
        damaged = [path for path in paths if isinstance(problem, duckdb.Error) and not is_readable(Path(path))]
        if damaged:
            raise EntrepotError(
                f"{batch[0].source}/{table.name}: the release file {damaged[0]} could not be loaded ({_first_line(problem)}). "
                "Nothing of it was kept; releases loaded before are untouched. Move the file away; `entrepot verify` "
                "says how it comes back."
            ) from problem
        raise


def _columns(
    connection: duckdb.DuckDBPyConnection, paths: list[str], batch: list[Release], table: RawTable
) -> list[str]:
    """The columns of the files together; each must have those that staging reads."""
    found: dict[str, list[str]] = {path: [] for path in paths}
    for path, column in connection.execute(
        "select file_name, name from parquet_schema(?) where num_children is null", [paths]
    ).fetchall():
        found[path].append(column)
    for release, path in zip(batch, paths, strict=True):
        missing = [column for column in table.columns if column not in found[path]]
        if missing:
            raise EntrepotError(
                f"{release.source}/{release.table}: {path} lacks the column {', '.join(missing)}; it has "
                f"{', '.join(found[path])}. The publisher renamed or dropped it. Nothing of this release was loaded. "
                "Teach the source module and its staging model the new name, then run again."
            )
    return list(dict.fromkeys(column for columns in found.values() for column in columns))


def _add_columns(connection: duckdb.DuckDBPyConnection, release: Release, columns: list[str]) -> None:
    """A column the publisher adds later is kept from then on; older rows have null there."""
    held = connection.execute(
        "select lower(column_name) from duckdb_columns() where schema_name = ? and table_name = ?",
        [release.source, release.table],
    ).fetchall()
    for column in columns:
        if (column.lower(),) not in held:
            connection.execute(
                f'alter table "{release.source}"."{release.table}" add column if not exists {_quoted(column)} varchar'
            )


def _quoted(column: str) -> str:
    """A column's name is the publisher's: it stays a name, whatever it holds."""
    return '"' + column.replace('"', '""') + '"'


def _ledger_line(landing: Path, release: Release) -> dict[str, object]:
    return {
        "release_id": release.release_id,
        "source_name": release.source,
        "table_name": release.table,
        "file_path": release.path(landing).relative_to(landing).as_posix(),
        "url": release.url,
        "basis": release.basis,
        "published_from": release.published_from,
        "published_to": release.published_to,
        "retrieved_at": release.retrieved_at,
        "known_from": release.known_from,
        "period_from": release.period_from,
        "period_to": release.period_to,
        "settled_through": release.settled_through,
        "settled_status": release.settled_status,
        "open_status": release.open_status,
        "row_count": release.row_count,
        "checksum": release.checksum,
        "scope": release.scope,
    }


def _write_ledger(connection: duckdb.DuckDBPyConnection, lines: list[dict[str, object]]) -> None:
    """Later than every line before, also where the clock was set back: what came since a build is told by the time."""
    columns = ", ".join(lines[0])
    places = ", ".join(f"({', '.join('?' for _ in line)})" for line in lines)
    values = [value for line in lines for value in line.values()]
    connection.execute(
        f"insert into entrepot.releases ({columns}, loaded_at) select *, "
        "greatest(?, (select max(loaded_at) + interval 1 microsecond from entrepot.releases)) "
        f"from (values {places})",
        [datetime.now(UTC).replace(tzinfo=None), *values],
    )
