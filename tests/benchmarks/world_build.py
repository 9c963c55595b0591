"""`make bench-world`: the models beside one hand-written script on a made-up world, at one size or several.

`ENTREPOT_BENCH_ROWS` lists the sizes. For each: the world is written, loaded and built into the two main marts; the
script makes the same from the same landing files; the rows of both are compared; questions are asked of the marts.
Then one new month and one revised month come, and only what they changed is built. Each step is a process of its own,
so CPU seconds and the peak of its memory are its own.

`ENTREPOT_BENCH_FOLDER` keeps what is made: a run that is ended goes on at its next step. `world.json` and `world.md` lie
there too. `ENTREPOT_BENCH_SCRIPT_ROWS` is the largest size at which the script is run and compared.
`ENTREPOT_MEMORY_LIMIT` holds for the models and the script alike.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from orchestration.settings import PROJECT, settings
from orchestration.source import discover
from orchestration.warehouse import load
from tests.benchmarks import world_by_hand
from tests.benchmarks.world import World, write_history, write_news

SCRIPT_ROWS = int(os.environ.get("ENTREPOT_BENCH_SCRIPT_ROWS", "50_000_000").replace("_", ""))
SIZES = [int(size.replace("_", "")) for size in os.environ.get("ENTREPOT_BENCH_ROWS", "1_000_000").split(",")]
BUILT = ["--select", "+surplus_monthly", "+sector_monthly"]
STEPS = ("load", "build two marts", "hand-written script", "load two months more", "build two months more")
# Those of docs/twelve_questions.md that made-up months can answer. The others ask for duties, headlines, claims, flash
# figures or unit values of sets, of which the world has none.
QUESTION_MARTS = ["+surplus_annual", "+surplus_mirror"]
SERVED = {
    "surplus_annual": "ledger_code, reporter_iso3, partner_iso3, year",
    "surplus_mirror": "exporter_iso3, importer_iso3, exporter_ledger_code, importer_ledger_code, frequency_code, period_start",
    "surplus_vintages": "ledger_code, reporter_iso3, partner_iso3, flow_code, product_code, period_month, known_from",
    "sector_monthly": "ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month",
    "dim_month": "period_month",
    "dim_ledger": "ledger_code",
    "working_days_monthly": "reporter_iso3, period_month",
}
QUESTIONS = {
    "1 a record, and is it safe": """
        select year, balance_usd, is_balance_record_high, balance_record_margin_usd, is_balance_record_fragile
        from surplus_annual where reporter_iso3 = $reporter and partner_iso3 = $partner and balance_rank <= 3""",
    "2 what was known on a day": """
        select sum(balance_usd) from surplus_as_of(date '2024-06-30')
        where reporter_iso3 = $reporter and partner_iso3 = $partner and year(period_month) = 2023""",
    "3 which sectors drove the change": """
        select sector_code, sum(value_change_usd) as change_usd from sector_monthly
        where reporter_iso3 = $reporter and partner_iso3 = $partner and flow_code = 'export' and year(period_month) = 2024
            and scheme_code = 'hs_chapter' group by all order by change_usd desc limit 3""",
    "4 why two publish different balances": """
        select exporter_iso3, gap_usd from surplus_mirror where frequency_code = 'year'
            and period_start = date '2024-01-01' and (exporter_iso3, importer_iso3) in (($reporter, $partner), ($partner, $reporter))""",
    "11 is the basket more concentrated": """
        select year(period_month) as year, sum(share * share) as hhi_index from (
            select period_month, value_usd / sum(value_usd) over (partition by period_month) as share from sector_monthly
            where reporter_iso3 = $reporter and partner_iso3 = 'WLD' and flow_code = 'export' and scheme_code = 'hs_chapter'
                and sector_code <> 'other') group by all order by year""",
}
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


def loaded_since(home: Path, loaded_after: str) -> int:
    """Releases that came after a time. A run that was ended and begun anew may have loaded the news with the history."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select count(*) from entrepot.releases where loaded_at > ?", [loaded_after]
        ).fetchone()
    return int(found[0]) if found else 0


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
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{script}' as script (read_only)")
        connection.execute(
            "create view surplus as select columns(c -> c not in "
            "('export_earlier', 'import_earlier', 'balance_earlier')) from script.surplus_monthly"
        )
        return {
            "surplus_monthly": differing(connection, "warehouse.marts.surplus_monthly", "surplus", SURPLUS),
            "sector_monthly": differing(connection, "warehouse.marts.sector_monthly", "script.sector_monthly", SECTOR),
        }


def megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def by_model(home: Path) -> dict[str, float]:
    """Seconds of the slowest models of the last dbt run."""
    results = json.loads((home / "dbt" / "run_results.json").read_text())["results"]
    slowest = sorted(results, key=lambda result: -float(result["execution_time"]))[:12]
    return {result["unique_id"].split(".")[2]: round(result["execution_time"], 1) for result in slowest}


class Steps:
    """What was measured in one home, kept after each step, so that a run that was ended goes on where it was."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._file = home / "steps.json"
        self.kept: dict[str, Any] = json.loads(self._file.read_text()) if self._file.is_file() else {}

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        if name not in self.kept:
            made = work()
            self.kept[name] = asdict(made) if isinstance(made, Cost) else made
            self._file.write_text(json.dumps(self.kept, indent=1))
        return self.kept[name]


def disk(home: Path) -> dict[str, float]:
    """Megabytes of what a home keeps; the script's file and the logs of a step are ours, not its."""
    made = [home / "script.duckdb", home / "served.duckdb", home / "step.log", home / "steps.json"]
    whole = megabytes(home) - sum(megabytes(path) for path in made if path.exists())
    return {"landing": megabytes(home / "landing"), "warehouse": megabytes(home / "warehouse.duckdb"), "home": whole}


def asked(home: Path) -> dict[str, float]:
    """Seconds of each question, the second time it is asked: the first one opens the file. Put in order as a release is."""
    found = {}
    served = home / "served.duckdb"
    served.unlink(missing_ok=True)
    with duckdb.connect(str(served)) as connection:
        if memory := os.environ.get("ENTREPOT_MEMORY_LIMIT"):
            connection.execute(f"set memory_limit = '{memory}'")
        connection.execute(
            f"attach '{home / 'warehouse.duckdb'}' as warehouse (read_only); create schema marts; use marts"
        )
        for mart, grain in SERVED.items():
            connection.execute(f"create table {mart} as select * from warehouse.marts.{mart} order by {grain}")
        ((macro,),) = connection.execute(
            "select macro_definition from duckdb_functions() where database_name = 'warehouse' and function_name = 'surplus_as_of'"
        ).fetchall()
        connection.execute(f"create macro surplus_as_of(day) as table {macro}")
        places = connection.execute(
            "select a.reporter_iso3, a.partner_iso3 from surplus_annual as a inner join surplus_annual as b "
            "on b.reporter_iso3 = a.partner_iso3 and b.partner_iso3 = a.reporter_iso3 and b.year = a.year "
            "order by a.export_usd desc nulls last limit 1"
        ).fetchone()
        values = dict(zip(("reporter", "partner"), places or ("", ""), strict=True))
        for name, question in QUESTIONS.items():
            used = {key: value for key, value in values.items() if f"${key}" in question}
            for _ in range(2):
                started = time.perf_counter()
                rows = connection.execute(question, used).fetchall()
                found[name] = round(time.perf_counter() - started, 3)
            if not rows:
                raise SystemExit(f"question {name} has no answer at {home}")
    return found


def said(home: Path, name: str, rows: int) -> Any:
    """What a process of its own finds: memory that this one took would count as that of each step after it."""
    step(home, name, rows)
    return json.loads((home / "step.log").read_text().splitlines()[-1])


def compared(home: Path) -> dict[str, int]:
    return differing_from_script(home / "warehouse.duckdb", home / "script.duckdb")


def bench(home: Path, rows: int) -> dict[str, Any]:
    steps = Steps(home)
    script = home / "script.duckdb"
    costs = {
        "write the world": lambda: step(home, "write", rows),
        "load": lambda: step(home, "load", rows),
        "seeds": lambda: dbt(home, "seed"),
        "parse": lambda: dbt(home, "parse"),
        "build two marts": lambda: dbt(home, "run", *BUILT),
    }
    by_hand = {
        "hand-written script": lambda: measured(home, [sys.executable, "-m", world_by_hand.__name__, str(script)]),
    }
    for name, work in (costs | (by_hand if rows <= SCRIPT_ROWS else {})).items():
        steps.once(name, work)
        if name == "build two marts":
            steps.once("seconds_by_model", lambda: by_model(home))
            steps.once("megabytes", lambda: disk(home))
    if rows <= SCRIPT_ROWS:
        steps.once("differing_rows", lambda: said(home, "compare", rows))
        script.unlink(missing_ok=True)
    loaded_after = steps.once("loaded_after", lambda: datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" "))
    news = {
        "write two months more": lambda: step(home, "news", rows),
        "load two months more": lambda: step(home, "load", rows),
        "parse again": lambda: dbt(home, "parse", *since(loaded_after)),
        "build two months more": lambda: dbt(home, "run", *BUILT, *since(loaded_after)),
    }
    for name, work in news.items():
        steps.once(name, work)
        if name == "load two months more" and not loaded_since(home, loaded_after):
            raise SystemExit(
                f"{home}: the two months more were loaded with the rest. Remove the folder and begin again."
            )
    steps.once("seconds_by_model_two_months", lambda: by_model(home))
    steps.once(
        "marts of the questions",
        lambda: dbt(home, "run", "--select", *QUESTION_MARTS, "--exclude", *BUILT[1:]),
    )
    steps.once("questions", lambda: said(home, "ask", rows))
    return {"rows": rows, **steps.kept}


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """What the models cost beside the script, and two months beside the whole; parsing the project is left out of both."""
    whole, two_months = ("load", "build two marts"), ("load two months more", "build two months more")

    def total(names: tuple[str, ...], key: str) -> float:
        return float(sum(found[name][key] for name in names))

    shown = {
        "CPU, two months / whole": total(two_months, "cpu_seconds") / total(whole, "cpu_seconds"),
        "wall, two months / whole": total(two_months, "wall_seconds") / total(whole, "wall_seconds"),
        "disk, home / landing": found["megabytes"]["home"] / found["megabytes"]["landing"],
    }
    script = found.get("hand-written script")
    if script:
        shown |= {
            "CPU, models / script": total(whole, "cpu_seconds") / script["cpu_seconds"],
            "wall, models / script": total(whole, "wall_seconds") / script["wall_seconds"],
            "memory, models / script": max(found[name]["peak_megabytes"] for name in whole) / script["peak_megabytes"],
        }
    return shown


def table(found: dict[str, Any]) -> Table:
    shown = Table(f"{found['rows']:,} rows", "wall s", "CPU s", "peak MB")
    for name, cost in found.items():
        if isinstance(cost, dict) and "cpu_seconds" in cost:
            shown.add_row(name, *(f"{cost[key]:,.1f}" for key in ("wall_seconds", "cpu_seconds", "peak_megabytes")))
    for name, ratio in ratios(found).items():
        shown.add_row(name, "", f"{ratio:.2f}", "")
    return shown


def growth(runs: list[dict[str, Any]]) -> dict[str, list[float]]:
    """The exponent of CPU seconds against rows from each size to the next: 1 where cost follows the rows."""
    exponents: dict[str, list[float]] = {}
    for small, large in pairwise(runs):
        apart = math.log(large["rows"] / small["rows"])
        for name in STEPS:
            if name in small and name in large:
                more = large[name]["cpu_seconds"] / small[name]["cpu_seconds"]
                exponents.setdefault(name, []).append(round(math.log(more) / apart, 2))
    return exponents


def markdown(runs: list[dict[str, Any]]) -> str:
    """One line for each size and step: wall and CPU seconds and the peak of memory; then ratios and questions."""
    lines = ["| rows | step | wall s | CPU s | peak MB |", "|---:|---|---:|---:|---:|"]
    for run in runs:
        for name in STEPS:
            if name in run:
                cost = run[name]
                lines.append(
                    f"| {run['rows']:,} | {name} | {cost['wall_seconds']:,.1f} | {cost['cpu_seconds']:,.1f} "
                    f"| {cost['peak_megabytes']:,.0f} |"
                )
    lines += ["", "| rows | ratio | |", "|---:|---|---:|"]
    lines += [f"| {run['rows']:,} | {name} | {ratio:.3f} |" for run in runs for name, ratio in ratios(run).items()]
    lines += ["", "| rows | question | s |", "|---:|---|---:|"]
    lines += [f"| {run['rows']:,} | {name} | {taken:.3f} |" for run in runs for name, taken in run["questions"].items()]
    lines += ["", "| step | exponent from each size to the next |", "|---|---|"]
    lines += [f"| {name} | {', '.join(map(str, found))} |" for name, found in growth(runs).items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    console = Console()
    kept = os.environ.get("ENTREPOT_BENCH_FOLDER")
    with tempfile.TemporaryDirectory(prefix="entrepot-world-") as temporary:
        folder = Path(kept or temporary)
        runs: list[dict[str, Any]] = []
        for rows in SIZES:
            with console.status(f"{rows:,} rows"):
                runs.append(bench(folder / f"rows_{rows}", rows))
            console.print(table(runs[-1]))
            console.print(f"rows that differ from the script: {runs[-1].get('differing_rows', 'not compared')}")
            console.print(f"seconds of the questions: {runs[-1]['questions']}")
            report = {"runs": runs, "ratios": [ratios(run) for run in runs], "exponents": growth(runs)}
            (folder / "world.json").write_text(json.dumps(report, indent=1))
            (folder / "world.md").write_text(markdown(runs))
        console.print(f"exponents of CPU seconds against rows: {growth(runs)}")
        if any(count for run in runs for count in run.get("differing_rows", {}).values()):
            raise SystemExit(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", rows]:
            write_history(settings().landing, World(int(rows)))
        case ["news", rows]:
            write_news(settings().landing, World(int(rows)))
        case ["load", _]:
            load_all()
        case ["compare", _]:
            sys.stdout.write(json.dumps(compared(settings().home)))
        case ["ask", _]:
            sys.stdout.write(json.dumps(asked(settings().home)))
        case _:
            main()
