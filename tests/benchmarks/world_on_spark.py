"""`make bench-spark`: the same models by DuckDB and by Spark on a made-up world, at one size or several.

`ENTREPOT_BENCH_ROWS` lists the sizes. For each: the world is written, DuckDB loads and builds it, a cluster of its own
registers the same landing files and builds the same models, and every mart is compared row for row. Each step is a
process of its own; what the cluster's processes spent meanwhile is added to it. Starting the cluster is not counted.

`ENTREPOT_BENCH_FOLDER` keeps what is made, `spark.json` and `spark.md` too: a run that is ended goes on at its next step.
`ENTREPOT_SPARK__WORKER_MEMORY` and its like set the cluster.
"""

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from orchestration import transform
from orchestration.publishing.release import Mart
from orchestration.settings import Settings, settings
from orchestration.spark import build, cluster
from orchestration.spark.connection import connected
from tests.benchmarks.world_build import BUILT, SIZES, Cost, Steps, dbt, measured, step
from tests.spark.parity import compared

MEASURED = ("surplus_monthly", "sector_monthly")
# What else the world fills; dim_month and the like are among what these read.
BESIDE = (
    "surplus_annual",
    "surplus_mirror",
    "surplus_records",
    "surplus_revisions",
    "surplus_vintages",
    "sector_annual",
    "sector_concentration",
    "product_ranking",
)
OTHERS = ["--select", *(f"+{mart}" for mart in BESIDE), "--exclude", *BUILT[1:]]
WITHOUT_TESTS = ["--exclude-resource-type", "test"]
ENGINES = {
    "DuckDB": ("load", "build in DuckDB"),
    "Spark": ("register", "build in Spark"),
}


@contextmanager
def running(home: Path) -> Iterator[Settings]:
    """A cluster for one home on a free port, ended at the end."""
    with socket.socket() as probe:
        probe.bind((cluster.HOST, 0))
        os.environ["ENTREPOT_SPARK__PORT"] = str(probe.getsockname()[1])
    at = settings().model_copy(update={"home": home})
    at.spark_home.mkdir(parents=True, exist_ok=True)
    try:
        cluster.up(at)
        yield at
    finally:
        cluster.down(at)


def on_cluster(home: Path, name: str) -> Cost:
    """A step of a running cluster: its own process and what the cluster's spent. The peak is the sum of each one's."""
    command = [sys.executable, "-m", "tests.benchmarks.world_on_spark", name]
    before, _ = spent(home)
    cost = measured(home, command)
    after, megabytes = spent(home)
    return Cost(cost.wall_seconds, cost.cpu_seconds + after - before, cost.peak_megabytes + megabytes)


def spent(home: Path) -> tuple[float, float]:
    """CPU seconds of the cluster's processes and of all they started, and the sum of the peaks of their memory in MB."""
    noted = cluster.noted(home / "spark")
    roots = {process.pid for process in noted.processes} if noted else set()
    parents = {}
    seconds = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        pid = int(folder.name)
        parents[pid] = int(fields[1])
        seconds[pid] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    ours = [pid for pid in parents if roots & set(_line(pid, parents))]
    return sum(seconds[pid] for pid in ours), sum(_peak(pid) for pid in ours)


def _line(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid in parents:
        yield pid
        pid = parents[pid]


def _peak(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def differing(home: Path) -> dict[str, dict[str, Any]]:
    """Of each mart: its rows in DuckDB, rows that only one engine has, and differing rows by column."""
    at = settings().model_copy(update={"home": home})
    marts = built(at)
    found = [compared(at.warehouse, build.spark_settings(at).warehouse, mart) for mart in marts]
    return {mart.mart: asdict(mart) for mart in found}


def built(at: Settings) -> list[Mart]:
    """Marts of the world's build, with their grain."""
    named = set(MEASURED) | set(BESIDE)
    return [mart for mart in transform.marts(build.spark_settings(at)) if mart.name in named]


def bench(home: Path, rows: int) -> dict[str, Any]:
    """Wall and CPU seconds and peak of memory of each step, and what differs."""
    steps = Steps(home)
    costs: dict[str, Callable[[], Any]] = {
        "write the world": lambda: step(home, "write", rows),
        "load": lambda: step(home, "load", rows),
        "seeds": lambda: dbt(home, "seed"),
        "build in DuckDB": lambda: dbt(home, "run", *BUILT),
        "build others in DuckDB": lambda: dbt(home, "run", *OTHERS),
    }
    for name, work in costs.items():
        steps.once(name, work)
    if "differing" not in steps.kept:
        with running(home):
            for name in ("register", "build in Spark", "build others in Spark", "fetch"):
                steps.once(name, partial(on_cluster, home, name))
    steps.once("differing", lambda: differing(home))
    return {"rows": rows, **steps.kept}


def do(name: str) -> None:
    """One step, in the process that is measured."""
    at = settings()
    ours = build.spark_settings(at)
    with connected(at.spark, at.spark_home) as spark:
        match name:
            case "register":
                build.hand_over(spark, at)
            case "build in Spark":
                build.build_tables(spark, at, *WITHOUT_TESTS, *BUILT)
            case "build others in Spark":
                build.run_models(at, *WITHOUT_TESTS, *OTHERS)
                transform.tests(ours)
            case "fetch":
                build.fetch_marts(spark, ours, built(at))
            case _:
                raise SystemExit(f"there is no step {name}")


def markdown(runs: list[dict[str, Any]]) -> str:
    """One line for each size and engine, then Spark's cost beside DuckDB's."""
    lines = ["| rows | engine | wall s | CPU s | peak MB |", "|---:|---|---:|---:|---:|"]
    ratios = ["| rows | wall, Spark / DuckDB | CPU, Spark / DuckDB |", "|---:|---:|---:|"]
    for run in runs:
        totals = {}
        for engine, steps in ENGINES.items():
            wall, cpu = (sum(run[name][key] for name in steps) for key in ("wall_seconds", "cpu_seconds"))
            peak = max(run[name]["peak_megabytes"] for name in steps)
            totals[engine] = wall, cpu
            lines.append(f"| {run['rows']:,} | {engine} | {wall:,.1f} | {cpu:,.1f} | {peak:,.0f} |")
        (wall, cpu), (their_wall, their_cpu) = totals["DuckDB"], totals["Spark"]
        ratios.append(f"| {run['rows']:,} | {their_wall / wall:.1f} | {their_cpu / cpu:.1f} |")
    return "\n".join([*lines, "", *ratios]) + "\n"


def main() -> None:
    kept = os.environ.get("ENTREPOT_BENCH_FOLDER")
    with tempfile.TemporaryDirectory(prefix="entrepot-world-") as temporary:
        folder = Path(kept or temporary).absolute()
        runs = []
        for rows in SIZES:
            started = time.monotonic()
            runs.append(bench(folder / f"rows_{rows}", rows))
            print(f"{rows:,} rows: {time.monotonic() - started:,.0f} s")  # noqa: T201
            for mart, found in runs[-1]["differing"].items():
                differ = found["columns"] or "none differ"
                print(f"  {mart:<24} {found['rows']:>10,} rows, {found['alone']} alone, {differ}")  # noqa: T201
            (folder / "spark.json").write_text(json.dumps(runs, indent=1))
            (folder / "spark.md").write_text(markdown(runs))
        print(markdown(runs))  # noqa: T201
    if any(found["alone"] or found["columns"] for run in runs for found in run["differing"].values()):
        raise SystemExit(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [name]:
            do(name)
        case _:
            main()
