"""`make bench`: the main job beside a bare dbt build of the same project and beside one hand-written script.

Whole processes, wall and CPU seconds, median of the runs, all in one go so that ratios mean something on a busy machine.
The hand-written script's rows are compared with the release: equal work, or the figures are worth nothing.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from orchestration.settings import PROJECT
from tests.benchmarks import by_hand

RUNS = int(os.environ.get("ENTREPOT_BENCH_RUNS", "3"))
BIN = Path(sys.executable).parent
COMPARE = """
select count(*)
from made.surplus_monthly as script
full join marts.surplus_monthly as mart using (ledger_code, partner_iso3, period_month)
where script.export_usd is distinct from mart.export_usd
    or script.import_usd is distinct from mart.import_usd
    or script.balance_rolling_12_usd is distinct from mart.balance_rolling_12_usd
    or script.export_ytd_usd is distinct from mart.export_ytd_usd
    or abs(coalesce(script.balance_yoy_pct, 0) - coalesce(mart.balance_yoy_pct, 0)) > 1e-6
    or abs(coalesce(script.balance_sa_usd, 0) - coalesce(mart.balance_sa_usd, 0)) > 1
"""

Timing = tuple[float, float]


def run(command: list[str | Path], home: Path, folder: Path = PROJECT) -> Timing:
    environment = os.environ | {
        "ENTREPOT_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "bare"),
        "DBT_LOG_PATH": str(home / "bare"),
    }
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def repeated(once: Callable[[], Timing]) -> Timing:
    timings = [once() for _ in range(RUNS)]
    return statistics.median(wall for wall, _ in timings), statistics.median(cpu for _, cpu in timings)


def spent(home: Path) -> dict[str, float]:
    """Seconds of the last run's dbt steps by kind; two threads work side by side, so they add up to more than passed."""
    results = json.loads((home / "dbt" / "run_results.json").read_text())
    by_kind: dict[str, float] = {}
    for result in results["results"]:
        kind = result["unique_id"].split(".")[0].replace("_", " ")
        by_kind[kind] = by_kind.get(kind, 0) + result["execution_time"]
    return {"dbt, from start to end of its steps": results["elapsed_time"]} | {
        f"  thread seconds in {kind}s": seconds for kind, seconds in sorted(by_kind.items())
    }


def main() -> None:
    console = Console()
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        home = Path(folder)
        steps: dict[str, Timing] = {}
        with console.status("main job, first time on this machine"):
            steps["main job, first (nothing parsed or loaded yet)"] = run([BIN / "entrepot", "build"], home)
        without: list[str | Path] = ["--exclude-resource-type", "unit_test"]  # as the main job does
        dbt: list[str | Path] = [BIN / "dbt", "build", "--quiet", "--profiles-dir", ".", *without]
        run(dbt, home, PROJECT / "dbt_project")
        by_hand_file = home / "by_hand.duckdb"

        def script() -> Timing:
            by_hand_file.unlink(missing_ok=True)
            return run([sys.executable, "-m", by_hand.__name__, by_hand_file], home)

        with console.status(f"{RUNS} runs each"):
            steps["main job, warm (--force)"] = repeated(lambda: run([BIN / "entrepot", "build", "--force"], home))
            parts = spent(home)
            steps["bare dbt build, warm"] = repeated(lambda: run(dbt, home, PROJECT / "dbt_project"))
            steps["one hand-written DuckDB script"] = repeated(script)
            steps["main job, nothing new"] = repeated(lambda: run([BIN / "entrepot", "build"], home))
            importing: list[str | Path] = [sys.executable, "-c", "import orchestration.definitions"]
            parts["importing Dagster, dbt's manifest and the assets"] = repeated(lambda: run(importing, home))[0]

        table = Table("what", "wall s", "CPU s", "wall, main job warm = 1")
        warm = steps["main job, warm (--force)"][0]
        for name, (wall, cpu) in steps.items():
            table.add_row(name, f"{wall:.1f}", f"{cpu:.1f}", f"{wall / warm:.2f}")
        console.print(table)
        for name, seconds in parts.items():
            console.print(f"  {seconds:6.1f} s  {name}")
        with duckdb.connect(str(home / "serving" / "current" / "trade.duckdb"), read_only=True) as release:
            release.execute(f"attach '{by_hand_file}' as made (read_only)")
            (differing,) = release.execute(COMPARE).fetchone() or (None,)
            rows = release.execute("select count(*) from marts.surplus_monthly").fetchone()
        console.print(f"main job / bare dbt build = {warm / steps['bare dbt build, warm'][0]:.2f}")
        console.print(f"main job / script = {warm / steps['one hand-written DuckDB script'][0]:.2f}")
        console.print(
            f"rows of surplus_monthly in which script and release differ: {differing} of {rows[0] if rows else 0}"
        )
        if differing:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
