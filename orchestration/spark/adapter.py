"""dbt-spark, taught two things: to run the project's Python models, and to leave Spark strict (ANSI).

dbt-spark knows Python models on Databricks alone. Ours are small functions over DuckDB relations: here they run in dbt's own
process, on input that Spark hands over as Parquet, and hand their rows back the same way. So both engines run one function.
"""

from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.spark import Plugin
from dbt.adapters.spark.connections import SparkCredentials
from dbt.adapters.spark.impl import SparkAdapter as DbtSparkAdapter

from orchestration.settings import settings
from orchestration.spark.connection import STRICT, connected


class PythonModel(PythonJobHelper):
    """One Python model: `model(dbt, session)` as dbt compiled it, with `dbt.ref` giving DuckDB relations."""

    def __init__(self, parsed_model: dict[str, Any], credential: SparkCredentials) -> None:
        self.table = f"{parsed_model['schema']}.{parsed_model['alias']}"
        self.code = parsed_model["compiled_code"]

    def submit(self, compiled_code: str) -> None:
        """Runs the model and stores what it returns as a table of Spark, in place of the code dbt-spark would send."""
        at = settings()
        with connected(at.spark, at.spark_home) as cluster, duckdb.connect() as database:
            names: dict[str, Any] = {}
            exec(compile(self.code, self.table, "exec"), names)  # noqa: S102 - a model of this project, compiled by dbt
            dbt = names["dbtObj"](lambda table: cluster.fetch(table, database))
            database.register("rows", _typed(names["model"](dbt, database)))
            cluster.hand_over(database.table("rows"), self.table)


def _typed(rows: pd.DataFrame) -> pa.Table:
    """A column without any value is text: DuckDB would take it for integers, which Spark unites with no text."""
    table = pa.Table.from_pandas(rows, preserve_index=False)
    kept = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in table.schema]
    return table.cast(pa.schema(kept))


class StrictCredentials(SparkCredentials):  # type: ignore[misc]
    """dbt-spark turns ANSI off; without it Spark makes null of what overflows, where DuckDB raises."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.server_side_parameters.update(STRICT)


class SparkAdapter(DbtSparkAdapter):  # type: ignore[misc]
    """Of the same name: dbt reads the adapter's package from it."""

    @property
    def default_python_submission_method(self) -> str:
        return "in_process"

    @property
    def python_submission_helpers(self) -> dict[str, type[PythonJobHelper]]:
        return {"in_process": PythonModel}


def install() -> None:
    """Makes dbt of this process use them for every profile of type `spark`."""
    Plugin.adapter = SparkAdapter
    Plugin.credentials = StrictCredentials
