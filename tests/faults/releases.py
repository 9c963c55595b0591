"""What must hold of a home, and of what it serves, whatever was done to it."""

from pathlib import Path
from typing import Any

import duckdb

from orchestration import verify
from orchestration.publishing.release import Publication, checksums, current
from orchestration.settings import Settings

HALF_DONE = (".part", ".tmp", ".wal")
# The same for the same rows in any order; rows are held against each other one by one only where it differs.
ROWS_AND_SUM = "select count(*), sum(hash(listed)::hugeint), bit_xor(hash(listed)) from ({rows}) as listed"


def differing_rows(one: Path, other: Path) -> dict[str, list[Any]]:
    """By mart, the rows that only one of two releases has, without the time of the run.

    Doubles count to nine decimals: two threads add them in an order of their own, which moves the sixteenth digit.
    """
    found = {}
    with duckdb.connect() as connection:
        for name, home in (("one", one), ("other", other)):
            connection.execute(f"attach '{home / 'serving' / 'current' / 'trade.duckdb'}' as {name} (read_only)")
        columns = connection.execute(
            """
            select table_name, list(if(data_type = 'DOUBLE', 'round(' || column_name || ', 9)', column_name))
            from duckdb_columns()
            where database_name = 'one' and table_name <> 'publication' and column_name <> 'loaded_at_utc'
            group by all
            """
        ).fetchall()
        for mart, names in columns:
            one_rows, other_rows = (f"select {', '.join(names)} from {name}.marts.{mart}" for name in ("one", "other"))
            sums = {
                str(connection.execute(ROWS_AND_SUM.format(rows=rows)).fetchall()) for rows in (one_rows, other_rows)
            }
            sql = f"({one_rows} except all {other_rows}) union all ({other_rows} except all {one_rows})"
            found[mart] = connection.execute(sql).fetchall() if len(sums) > 1 else []
    assert found
    return {mart: rows for mart, rows in found.items() if rows}


def served_whole(home: Path) -> Publication:
    """The served release, every file of it held against its checksum, every mart of it counted."""
    publication = current(home / "serving")
    assert publication is not None
    folder = home / "serving" / "current"
    assert checksums(folder) == publication.checksums
    with duckdb.connect(str(folder / "trade.duckdb"), read_only=True) as reader:
        counted = {
            mart: reader.execute(f"select count(*) from marts.{mart}").fetchall()[0][0] for mart in publication.marts
        }
        told = reader.execute("select distinct release_id from marts.publication").fetchall()
    assert counted == publication.marts
    assert told == [(publication.release_id,)]
    return publication


def leftovers(home: Path) -> list[Path]:
    """Half-done files that a run left. Dagster's own folder is Dagster's."""
    ours = [path for path in home.rglob("*") if path.relative_to(home).parts[0] != "dagster"]
    return [path for path in ours if path.name.startswith(".") or path.suffix in HALF_DONE or "set-aside" in path.name]


def damages(home: Path, archive: Path) -> list[verify.Finding]:
    """What is not whole, the ledger held against the landing files and the raw tables included."""
    return verify.read(verify.parts(Settings(home=home, archive=archive)))


def not_loaded(home: Path) -> set[str]:
    """Landing files that the ledger does not list."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        listed = {path for (path,) in warehouse.execute("select file_path from entrepot.releases").fetchall()}
    return {path.relative_to(home / "landing").as_posix() for path in home.glob("landing/*/*/*.parquet")} - listed
