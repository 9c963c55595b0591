"""Is what Spark made what DuckDB made? Each mart joined in full by its grain: exact, but doubles within one part in 10⁹."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publishing.release import Mart

NEAR = 1e-9
# When a row was loaded is not what it says: each engine has its own clock.
CLOCKS = {"loaded_at_utc"}


@dataclass(frozen=True)
class Compared:
    """`columns` counts the differing rows of each column that has some; `alone` those only one side has."""

    mart: str
    rows: int
    alone: int
    columns: dict[str, int]

    @property
    def is_equal(self) -> bool:
        return not self.alone and not self.columns


def compared(duckdb_file: Path, spark_file: Path, mart: Mart) -> Compared:
    """One mart of two databases. A mart whose grain dbt does not tell is compared by all its columns."""
    with duckdb.connect() as database:
        # The views of a warehouse name their database.
        for name, file in (("warehouse", duckdb_file), ("theirs", spark_file)):
            database.execute(f"attach '{file}' as {name} (read_only)")
        described = database.execute(f"describe warehouse.marts.{mart.name}").fetchall()
        kinds = {name: kind for name, kind, *_ in described if name not in CLOCKS}
        key = [name for name in mart.grain or kinds if name in kinds]
        joined = " and ".join(f'ours."{name}" is not distinct from theirs."{name}"' for name in key)
        measures = [name for name in kinds if name not in key]
        counts = [
            f'count(*) filter (is_ours and is_theirs and {_differs(name, kinds[name])}) as "{name}"'
            for name in measures
        ]
        answer = database.execute(
            f"""
            with
                ours as (select true as is_ours, * from warehouse.marts.{mart.name}),
                theirs as (select true as is_theirs, * from theirs.marts.{mart.name})
            select
                count(is_ours),
                count(*) filter (is_ours is null or is_theirs is null)
                {"".join(f", {count}" for count in counts)}
            from ours full join theirs on {joined}
            """
        ).fetchone()
    assert answer is not None
    rows, alone, *found = answer
    return Compared(mart.name, rows, alone, {name: count for name, count in zip(measures, found, strict=True) if count})


def _differs(name: str, kind: str) -> str:
    ours, theirs = f'ours."{name}"', f'theirs."{name}"'
    if kind not in ("DOUBLE", "FLOAT"):
        return f"{ours} is distinct from {theirs}"
    far = f"abs({ours} - {theirs}) > {NEAR} * greatest(abs({ours}), abs({theirs}))"
    return f"(({ours} is null) <> ({theirs} is null) or {far})"
