"""A SQLMesh project on DuckDB that makes the two tables: each step of the hand-written script is a full model.

Writing it costs nothing worth measuring; `sqlmesh plan` then makes everything in one process.
"""

import json
import re
from pathlib import Path

from tests.benchmarks.world_by_hand import SCRIPT

STATEMENT = re.compile(r"create (?:temp )?table (\w+) as\n(.*)", re.DOTALL)
MODEL = "model (name {name}, kind full, dialect duckdb);\n\n{query}\n"


def write_project(landing: Path, reference: Path, folder: Path) -> list[str]:
    """Writes the project into an empty folder, and returns the command that runs it into `<folder>/made.duckdb`."""
    models = folder / "models"
    models.mkdir()
    for statement in SCRIPT.split(";\n"):
        found = STATEMENT.search(statement)
        if found is None:
            raise ValueError(f"world_by_hand.SCRIPT holds a statement that makes no table: {statement.strip()[:80]}")
        query = found[2].replace("$landing", f"'{landing}'").replace("$reference", f"'{reference}'")
        (models / f"{found[1]}.sql").write_text(MODEL.format(name=found[1], query=query))
    config = {
        "gateways": {"duckdb": {"connection": {"type": "duckdb", "database": str(folder / "made.duckdb")}}},
        "default_gateway": "duckdb",
        "model_defaults": {"dialect": "duckdb", "start": "2000-01-01"},
        "cache_dir": str(folder / "cache"),
        "disable_anonymized_analytics": True,
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    plan = ["plan", "--auto-apply", "--no-prompts", "--skip-tests"]
    return ["sqlmesh", "--paths", str(folder), "--log-file-dir", str(folder / "logs"), *plan]
