"""What Spark's tables remember of the last build that succeeded: the rule of orchestration/increments.py, kept beside the tables."""

from datetime import datetime

import duckdb
import pyarrow as pa

from orchestration import increments
from orchestration.settings import Settings
from orchestration.spark.connection import Spark

LAST_BUILD = pa.schema([("fingerprint", pa.string()), ("loaded_through", pa.timestamp("us"))])


def begin(spark: Spark, at: Settings, force: bool) -> datetime | None:
    """The time (UTC) after which releases are new; None where everything is to be made anew, which is then noted first."""
    if at.incremental and not force and spark.has("entrepot.last_build"):
        last = spark.run("select fingerprint, cast(loaded_through as string) from entrepot.last_build")
        if [fingerprint for fingerprint, _ in last] == [_fingerprint(spark, at)]:
            return datetime.fromisoformat(last[0][1])
    forget(spark)
    return None


def succeeded(spark: Spark, at: Settings) -> None:
    """Remembers that every release of the ledger is built and tested. The caller has held the lock since `begin`."""
    ((loaded_through,),) = spark.run("select cast(max(loaded_at) as string) from entrepot.releases")
    if loaded_through is None:
        return
    row = {"fingerprint": _fingerprint(spark, at), "loaded_through": datetime.fromisoformat(loaded_through)}
    with duckdb.connect() as database:
        database.register("last_build", pa.Table.from_pylist([row], schema=LAST_BUILD))
        spark.hand_over(database.table("last_build"), "entrepot.last_build")


def forget(spark: Spark) -> None:
    """The next build makes everything anew."""
    spark.run("drop table if exists entrepot.last_build")


def _fingerprint(spark: Spark, at: Settings) -> str:
    ((release,),) = spark.run("select version()")
    return increments.fingerprint(at, "duckdb", "dbt-duckdb", "dbt-spark", release=release)
