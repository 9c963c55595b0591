"""What `make bench-rivals` measured, as JSON and as the table of `docs/world.md`.

`python -m tests.benchmarks.rivals.table [rivals.json]` takes the runs of a file into `measured.json`, which lies beside
this module, and rewrites the table in the page, so that no figure there is typed.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).with_name("measured.json")
PAGE = Path(__file__).parents[3] / "docs" / "world.md"
START, END = "<!-- measured by make bench-rivals -->", "<!-- end of what was measured -->"
SIZES = (1_000_000, 5_000_000, 50_000_000)


@dataclass(frozen=True)
class Cost:
    """Of one tool at one size. `ended` is done, failed, timed out or out of memory; memory is of all its processes."""

    ended: str
    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float
    differing_rows: int | None = None


@dataclass(frozen=True)
class Run:
    """One size on one machine: what each tool cost, by its name."""

    rows: int
    machine: str
    costs: dict[str, Cost] = field(default_factory=dict)


def read(path: Path) -> list[Run]:
    """The runs of a file, smallest first; none if there is no such file."""
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return [
        Run(run["rows"], run["machine"], {name: Cost(**cost) for name, cost in run["costs"].items()}) for run in found
    ]


def write(path: Path, runs: Iterable[Run]) -> None:
    ordered = sorted(runs, key=lambda run: run.rows)
    path.write_text(json.dumps({"runs": [asdict(run) for run in ordered]}, indent=1) + "\n", encoding="utf-8")


def together(before: Iterable[Run], now: Iterable[Run]) -> list[Run]:
    """Runs of a size that was measured again on the same machine gain its tools; one of another machine gives way."""
    found = {run.rows: run for run in before}
    for run in now:
        earlier = found.get(run.rows)
        kept = earlier.costs if earlier and earlier.machine == run.machine else {}
        found[run.rows] = Run(run.rows, run.machine, kept | run.costs)
    return list(found.values())


def cell(cost: Cost | None) -> str:
    if cost is None:
        return "not measured"
    if cost.ended != "done":
        return f"{cost.ended} after {cost.cpu_seconds:,.0f} CPU s"
    return f"{cost.cpu_seconds:,.1f} · {cost.wall_seconds:,.1f} · {cost.peak_megabytes / 1000:,.1f}"


def markdown(runs: list[Run]) -> str:
    """A row for each tool and a column for each size: CPU seconds, wall seconds, peak of memory in GB."""
    by_size = {run.rows: run for run in runs}
    sizes = sorted({*SIZES, *by_size})
    tools = list(dict.fromkeys(name for run in runs for name in run.costs))
    lines = [
        f"| CPU s · wall s · peak GB | {' | '.join(f'{size / 1e6:g} M rows' for size in sizes)} |",
        f"|---|{'---|' * len(sizes)}",
    ]
    for tool in tools:
        costs = [by_size[size].costs.get(tool) if size in by_size else None for size in sizes]
        lines.append(f"| {tool} | {' | '.join(cell(cost) for cost in costs)} |")
    machines = [f"{run.rows / 1e6:g} M: {run.machine}" for run in runs]
    return "\n".join([*lines, "", *(f"{machine}." for machine in machines)])


def in_page(page: str, runs: list[Run]) -> str:
    """The page with the table between its marks. Raises `ValueError` where a mark is missing."""
    if START not in page or END not in page:
        raise ValueError(f"docs/world.md has no place for the table: put `{START}` and `{END}` where it belongs.")
    before, after = page.split(START)[0], page.split(END)[1]
    return f"{before}{START}\n{markdown(runs)}\n{END}{after}"


if __name__ == "__main__":
    runs = together(read(MEASURED), [run for path in sys.argv[1:] for run in read(Path(path))])
    write(MEASURED, runs)
    PAGE.write_text(in_page(PAGE.read_text(encoding="utf-8"), read(MEASURED)), encoding="utf-8")
