"""`make bench-rivals`: the two main marts from the same landing files by what a user might pick instead.

`ENTREPOT_BENCH_ROWS` lists the sizes. For each, a world is written; a hand-written DuckDB script, the warehouse,
SQLMesh, polars, pandas and PostgreSQL make `surplus_monthly` and `sector_monthly` of it, one after the other, each in
processes of its own; every row is compared with the script's. None may take longer than `ENTREPOT_BENCH_SECONDS`
(1800) or hold more than `ENTREPOT_BENCH_MEGABYTES` (nine tenths of what is available when it starts).
`ENTREPOT_BENCH_TOOLS` picks some: `warehouse sqlmesh polars pandas postgres`. `ENTREPOT_BENCH_FOLDER` keeps the worlds,
and `rivals.json`, to which later runs add.
"""

import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from orchestration.settings import PROJECT
from tests.benchmarks.rivals.by_sqlmesh import write_project
from tests.benchmarks.rivals.compared import differing_rows, of_database, of_parquet
from tests.benchmarks.rivals.table import Cost, Run, cell, markdown, read, together, write
from tests.benchmarks.world import World, write_history
from tests.benchmarks.world_build import BUILT
from tests.postgres.server import programs

SIZES = [int(size.replace("_", "")) for size in os.environ.get("ENTREPOT_BENCH_ROWS", "1_000_000").split(",")]
SECONDS = os.environ.get("ENTREPOT_BENCH_SECONDS", "1800")
MEGABYTES = os.environ.get("ENTREPOT_BENCH_MEGABYTES", "0")
CHOSEN = os.environ.get("ENTREPOT_BENCH_TOOLS", "").split()
REFERENCE = PROJECT / "seeds" / "reference"
BESIDE = PROJECT / ".venv-rivals" / "bin"
PYTHON = str(BESIDE / "python")
SCRIPT = "script"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tool:
    """`commands` makes, for a home and a folder for results, what is run and measured, in order.

    The result is Parquet files in the folder, or else the tables in a schema of a DuckDB file, `database`, under the
    home. What `before` and `after` make is run and not measured.
    """

    name: str
    title: str
    commands: Callable[[Path, Path], list[list[str]]]
    database: str = ""
    schema: str = "main"
    before: Callable[[Path], list[str]] | None = None
    after: Callable[[Path], list[str]] | None = None


def locked(package: str) -> str:
    text = (HERE / "requirements.lock").read_text(encoding="utf-8")
    return str(re.findall(rf"^{package}==([\w.]+)", text, re.MULTILINE)[0])


def module(name: str, *arguments: Path | str, python: str = sys.executable) -> list[str]:
    return [python, "-m", f"tests.benchmarks.{name}", *map(str, arguments)]


def warehouse(home: Path, folder: Path) -> list[list[str]]:
    """As `entrepot build` does it, up to the two marts: load, then dbt."""
    project, dbt = str(PROJECT / "dbt_project"), [str(Path(sys.executable).with_name("dbt")), "--quiet"]
    paths = [
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--target-path",
        str(folder),
        "--log-path",
        str(folder),
    ]
    kinds = ["--resource-type", "seed", "--resource-type", "model"]
    return [module("world_build", "load", "0"), [*dbt, "build", *kinds, *BUILT, *paths]]


def by_sqlmesh(home: Path, folder: Path) -> list[list[str]]:
    program, *arguments = write_project(home / "landing", REFERENCE, folder)
    return [[str(BESIDE / program), *arguments]]


def by_polars(home: Path, folder: Path) -> list[list[str]]:
    return [module("rivals.by_polars", home / "landing", REFERENCE, folder, python=PYTHON)]


def by_pandas(home: Path, folder: Path) -> list[list[str]]:
    return [module("rivals.by_pandas", home / "landing", REFERENCE, folder)]


def by_postgres(home: Path, folder: Path) -> list[list[str]]:
    return [module("rivals.by_postgres", "make", home / "landing", REFERENCE, folder, python=PYTHON)]


def tools() -> list[Tool]:
    """The script comes first: the others are compared with it."""
    said = subprocess.run([programs() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return [
        Tool(
            SCRIPT,
            f"one hand-written script, DuckDB {importlib.metadata.version('duckdb')}",
            lambda home, folder: [module("world_by_hand", folder / "made.duckdb")],
            f"{SCRIPT}/made.duckdb",
        ),
        Tool("warehouse", "this warehouse: load, seeds, models", warehouse, "warehouse.duckdb", "marts"),
        Tool("sqlmesh", f"SQLMesh {locked('sqlmesh')} on DuckDB", by_sqlmesh, "sqlmesh/made.duckdb", '"default"'),
        Tool("polars", f"polars {locked('polars')}", by_polars),
        Tool("pandas", f"pandas {importlib.metadata.version('pandas')}", by_pandas),
        Tool(
            "postgres",
            f"PostgreSQL {said.split()[2]}",
            by_postgres,
            before=lambda folder: module("rivals.by_postgres", "prepare", folder, python=PYTHON),
            after=lambda folder: module("rivals.by_postgres", "export", folder, python=PYTHON),
        ),
    ]


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}"


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"ENTREPOT_HOME": str(home), "PYTHONPATH": str(PROJECT)}


def quietly(home: Path, command: list[str]) -> None:
    run = subprocess.run(command, cwd=PROJECT, env=environment(home), capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stdout[-1500:]}{run.stderr[-1500:]}")


def measured(home: Path, folder: Path, commands: list[list[str]]) -> Cost:
    """The commands one after the other: seconds are added, of memory the most counts; the first that fails is the last."""
    costs: list[Cost] = []
    for command in commands:
        cost, log = folder / "cost.json", folder / "log"
        quietly(home, [PYTHON, str(HERE / "metered.py"), str(cost), str(log), SECONDS, MEGABYTES, *command])
        costs.append(Cost(**json.loads(cost.read_text(encoding="utf-8"))))
        if costs[-1].ended == "failed":
            raise SystemExit(f"{' '.join(command)} failed:\n{log.read_text(encoding='utf-8')[-3000:]}")
        if costs[-1].ended != "done":
            break
    return Cost(
        costs[-1].ended,
        sum(cost.wall_seconds for cost in costs),
        sum(cost.cpu_seconds for cost in costs),
        max(cost.peak_megabytes for cost in costs),
    )


def written(home: Path, rows: int) -> None:
    """The world's landing files, if an earlier bench did not leave them."""
    if not (home / "landing").is_dir():
        shutil.rmtree(home / "landing.unfinished", ignore_errors=True)
        write_history(home / "landing.unfinished", World(rows))
        (home / "landing.unfinished").rename(home / "landing")


def cost_of(tool: Tool, home: Path) -> Cost:
    """Runs a tool in an empty folder. Nothing of its result stays, except the script's."""
    folder = home / tool.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (home / "warehouse.duckdb").unlink(missing_ok=True)
    if tool.before:
        quietly(home, tool.before(folder))
    cost = measured(home, folder, tool.commands(home, folder))
    if tool.name == SCRIPT:
        return cost
    if cost.ended == "done":
        if tool.after:
            quietly(home, tool.after(folder))
        made = of_database(home / tool.database, tool.schema) if tool.database else of_parquet(folder)
        cost = replace(cost, differing_rows=differing_rows(home / SCRIPT / "made.duckdb", made))
    shutil.rmtree(folder)
    return cost


def main() -> None:
    console, kept = Console(), os.environ.get("ENTREPOT_BENCH_FOLDER")
    with tempfile.TemporaryDirectory(prefix="entrepot-rivals-") as temporary:
        folder = Path(kept or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # PostgreSQL runs as another user, and must reach what lies in it
        results = folder / "rivals.json"
        differ = False
        for rows in SIZES:
            home = folder / f"rows_{rows}"
            home.mkdir(parents=True, exist_ok=True)
            with console.status(f"{rows:,} rows: the world is written"):
                written(home, rows)
            for tool in tools():
                if CHOSEN and tool.name not in {SCRIPT, *CHOSEN}:
                    continue
                with console.status(f"{rows:,} rows: {tool.title}"):
                    cost = cost_of(tool, home)
                console.print(
                    f"{rows:,} rows, {tool.title}: {cell(cost)}; rows that differ: {cost.differing_rows}",
                    soft_wrap=True,
                )
                differ = differ or bool(cost.differing_rows)
                write(results, together(read(results), [Run(rows, machine(), {tool.title: cost})]))
        console.print(markdown(read(results)), soft_wrap=True)
        if differ:
            raise SystemExit("Rows differ from the script's, so the figures compare different work.")


if __name__ == "__main__":
    main()
