"""`make bench-world`: the models beside one hand-written script on a made-up world, at one size or several.

`ENTREPOT_BENCH_ROWS` lists the sizes. For each: the world is written, loaded and built into the two main marts; the
script makes the same from the same landing files; the rows of both are compared. Then one new month and one revised
month come, and only what they changed is built. Each step is a process of its own, so CPU seconds and the peak of its
memory are its own. `ENTREPOT_BENCH_FOLDER` keeps what is made and takes the tables of the result.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from orchestration.settings import PROJECT, settings
from orchestration.source import discover
from orchestration.warehouse import load
from tests.benchmarks import world_by_hand
from tests.benchmarks.world import World, write_history, write_news

SIZES = [int(size.replace("_", "")) for size in os.environ.get("ENTREPOT_BENCH_ROWS", "1_000_000").split(",")]
BUILT = ["--select", "+surplus_monthly", "+sector_monthly"]
SURPLUS = ["reporter_iso3", "partner_iso3", "period_month"]
SECTOR = ["reporter_iso3", "partner_iso3", "flow_code", "scheme_code", "sector_code", "period_month"]


@dataclass(frozen=True)
class Cost:
    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float


def measured(home: Path, command: list[str], folder: Path = PROJECT) -> Cost:
    """Runs a process to its end. Raises `SystemExit` with what it said where it fails."""
    output = home / "step.log"
    environment = os.environ | {"ENTREPOT_HOME": str(home)}
    started = time.perf_counter()
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n{output.read_text()[-3000:]}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def step(home: Path, name: str, rows: int) -> Cost:
    return measured(home, [sys.executable, "-m", "tests.benchmarks.world_build", name, str(rows)])


def dbt(home: Path, verb: str, *arguments: str) -> Cost:
    target = ["--profiles-dir", ".", "--target-path", str(home / "dbt"), "--log-path", str(home / "dbt")]
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", verb, *arguments, *target]
    return measured(home, command, PROJECT / "dbt_project")


def since(loaded_after: str) -> list[str]:
    return ["--vars", json.dumps({"loaded_after": loaded_after})]


def load_all() -> None:
    """Every raw table, so that every model finds what it reads; those of other sources stay empty."""
    at = settings()
    at.prepare()
    for source in discover():
        for table in source.tables:
            load(at.warehouse, at.landing, source, table)


def differing(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str, keys: list[str]) -> int:
    """Rows that only one of two tables has, or that differ; doubles may do so by 1e-9 of their size."""
    columns = connection.execute(f"describe select * from {theirs}").fetchall()
    unequal = ["ours._held is null", "theirs._held is null"]
    for name, kind, *_ in columns:
        unequal.append(
            f"(ours.{name} is null) <> (theirs.{name} is null) "
            f"or abs(ours.{name} - theirs.{name}) > 1e-9 * greatest(abs(ours.{name}), 1e-3)"
            if kind == "DOUBLE"
            else f"ours.{name} is distinct from theirs.{name}"
        )
    found = connection.execute(
        f"select count(*) from (select *, true as _held from {ours}) as ours "
        f"full join (select *, true as _held from {theirs}) as theirs "
        f"on {' and '.join(f'ours.{key} = theirs.{key}' for key in keys)} where {' or '.join(unequal)}"
    ).fetchone()
    return int(found[0]) if found else 0


def differing_from_script(warehouse: Path, script: Path) -> dict[str, int]:
    """What the script computes, beside the marts; its helper columns aside."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as made (read_only)")
        connection.execute(f"attach '{script}' as script (read_only)")
        connection.execute(
            "create view surplus as select columns(c -> c not in "
            "('export_earlier', 'import_earlier', 'balance_earlier')) from script.surplus_monthly"
        )
        return {
            "surplus_monthly": differing(connection, "made.marts.surplus_monthly", "surplus", SURPLUS),
            "sector_monthly": differing(connection, "made.marts.sector_monthly", "script.sector_monthly", SECTOR),
        }


def megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def by_model(home: Path) -> dict[str, float]:
    """Seconds of the slowest models of the last dbt run."""
    results = json.loads((home / "dbt" / "run_results.json").read_text())["results"]
    slowest = sorted(results, key=lambda result: -float(result["execution_time"]))[:12]
    return {result["unique_id"].split(".")[2]: round(result["execution_time"], 1) for result in slowest}


def bench(home: Path, rows: int) -> dict[str, object]:
    home.mkdir(parents=True, exist_ok=True)
    script = home / "script.duckdb"
    costs = {"write the world": step(home, "write", rows), "load": step(home, "load", rows)}
    costs["seeds"] = dbt(home, "seed")
    costs["parse"] = dbt(home, "parse")
    costs["build two marts"] = dbt(home, "run", *BUILT)
    slowest = by_model(home)
    costs["hand-written script"] = measured(home, [sys.executable, "-m", world_by_hand.__name__, str(script)], PROJECT)
    differences = differing_from_script(home / "warehouse.duckdb", script)
    disk = {"landing": megabytes(home / "landing"), "warehouse": megabytes(home / "warehouse.duckdb")}
    loaded_after = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
    costs["write two months more"] = step(home, "news", rows)
    costs["load two months more"] = step(home, "load", rows)
    costs["parse again"] = dbt(home, "parse", *since(loaded_after))
    costs["build two months more"] = dbt(home, "run", *BUILT, *since(loaded_after))
    return {
        "rows": rows,
        "costs": {name: asdict(cost) for name, cost in costs.items()},
        "differing_rows": differences,
        "megabytes": disk,
        "seconds_by_model": slowest,
        "seconds_by_model_two_months": by_model(home),
    }


def ratios(found: dict[str, object]) -> dict[str, float]:
    """What the models cost beside the script, and two months beside the whole; parsing the project is left out of both."""
    costs: dict[str, dict[str, float]] = found["costs"]  # type: ignore[assignment]
    whole, script = ("load", "build two marts"), costs["hand-written script"]
    cpu = sum(costs[name]["cpu_seconds"] for name in whole)
    two_months = sum(costs[name]["cpu_seconds"] for name in ("load two months more", "build two months more"))
    return {
        "CPU, models / script": cpu / script["cpu_seconds"],
        "wall, models / script": sum(costs[name]["wall_seconds"] for name in whole) / script["wall_seconds"],
        "memory, models / script": max(costs[name]["peak_megabytes"] for name in whole) / script["peak_megabytes"],
        "CPU, two months / whole": two_months / cpu,
    }


def table(found: dict[str, object]) -> Table:
    costs: dict[str, dict[str, float]] = found["costs"]  # type: ignore[assignment]
    shown = Table(f"{found['rows']:,} rows", "wall s", "CPU s", "peak MB")
    for name, cost in costs.items():
        shown.add_row(name, *(f"{cost[key]:,.1f}" for key in ("wall_seconds", "cpu_seconds", "peak_megabytes")))
    for name, ratio in ratios(found).items():
        shown.add_row(name, "", f"{ratio:.2f}", "")
    return shown


def growth(runs: list[dict[str, object]]) -> dict[str, list[float]]:
    """The exponent of CPU seconds against rows from each size to the next: 1 where cost follows the rows."""
    exponents: dict[str, list[float]] = {}
    for small, large in pairwise(runs):
        apart = math.log(float(large["rows"]) / float(small["rows"]))  # type: ignore[arg-type]
        for name in ("load", "build two marts", "hand-written script", "build two months more"):
            before, after = (run["costs"][name]["cpu_seconds"] for run in (small, large))  # type: ignore[index]
            exponents.setdefault(name, []).append(round(math.log(after / before) / apart, 2))
    return exponents


def main() -> None:
    console = Console()
    kept = os.environ.get("ENTREPOT_BENCH_FOLDER")
    with tempfile.TemporaryDirectory(prefix="entrepot-world-") as temporary:
        folder = Path(kept or temporary)
        runs = []
        for rows in SIZES:
            with console.status(f"{rows:,} rows"):
                runs.append(bench(folder / f"rows_{rows}", rows))
            console.print(table(runs[-1]))
            console.print(f"rows that differ from the script: {runs[-1]['differing_rows']}")
        exponents = growth(runs)
        console.print(f"exponents of CPU seconds against rows: {exponents}")
        if kept:
            report = {"runs": runs, "ratios": [ratios(run) for run in runs], "exponents": exponents}
            (folder / "world.json").write_text(json.dumps(report, indent=1))
        if any(count for run in runs for count in run["differing_rows"].values()):  # type: ignore[attr-defined]
            raise SystemExit(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", rows]:
            write_history(settings().landing, World(int(rows)))
        case ["news", rows]:
            write_news(settings().landing, World(int(rows)))
        case ["load", _]:
            load_all()
        case _:
            main()
