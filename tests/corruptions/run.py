"""Each corruption through the real way: landed, loaded, judged by dbt. `make corruptions` writes `docs/corruptions.md`.

A home is built once from the last years of the bundled archive; each printing meets a copy of its warehouse. dbt builds what the printing
reaches up to the figures and runs every test of those models. Where none of them fails, the whole project is built and
tested before the corruption counts as let through.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from orchestration.errors import EntrepotError
from orchestration.landing import land
from orchestration.settings import PROJECT, Settings
from orchestration.source import discover
from orchestration.warehouse import load
from tests.corruptions.catalogue import CORRUPTIONS, Corruption, table
from tests.corruptions.printings import CLEAN, Printing
from tests.trimmed_archive import write_trimmed_archive

PAGE = PROJECT / "docs" / "corruptions.md"
FIGURES = (
    *("int_rejected_rows", "int_trade_reports", "int_trade_observations", "int_trade_current", "int_totals_compared"),
    *("int_product_reports", "int_product_observations", "int_product_current", "int_policy_rate_changes"),
)


@dataclass(frozen=True)
class Outcome:
    """What became of one printing. Nothing stopped it where `failed` is empty and nothing was refused."""

    refused: str
    failed: tuple[str, ...]
    set_aside: int


@contextmanager
def home(built: Path | None) -> Iterator[Path]:
    """A built home that nobody changes, and a folder for one copy of it after the other."""
    with TemporaryDirectory(prefix="entrepot-corruptions-") as folder:
        if built is None:
            built = Path(folder) / "built"
            archive = write_trimmed_archive(Path(folder) / "archive")
            places = {"ENTREPOT_HOME": str(built), "ENTREPOT_ARCHIVE": str(archive)}
            subprocess.run([Path(sys.executable).with_name("entrepot"), "build"], env=os.environ | places, check=True)
        work = Path(folder) / "work"
        work.mkdir()
        shutil.copytree(built / "dbt", work / "dbt", ignore=shutil.ignore_patterns("*.log*", "compiled", "run"))
        shutil.copy2(built / "warehouse.duckdb", Path(folder) / "clean.duckdb")
        yield work


def meet(at: Settings, printing: Printing, graph: "Graph", *, whole: bool = False) -> Outcome:
    """Lands the printing in a fresh copy, loads it and lets dbt judge: what it reaches, or the `whole` project."""
    shutil.rmtree(at.landing, ignore_errors=True)
    at.warehouse.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)
    shutil.copyfile(at.home.parent / "clean.duckdb", at.warehouse)
    source = next(source for source in discover() if source.name == printing.release.source)
    release, _ = land(at.landing, printing.release, printing.table())
    try:
        load(at.warehouse, at.landing, source, source.table(release.table))
    except EntrepotError as problem:
        return Outcome(str(problem), (), 0)
    failed = graph.judged(at, () if whole else graph.reached(source.name, release.table))
    with duckdb.connect(str(at.warehouse), read_only=True) as warehouse:
        (row,) = warehouse.execute(
            "select count(*) from intermediate.int_rejected_rows where release_id = ?", [release.release_id]
        ).fetchall()
    return Outcome("", failed, row[0])


class Graph:
    """The dbt project, parsed once."""

    def __init__(self, at: Settings) -> None:
        self._folders = (
            *("--project-dir", str(at.dbt_project), "--profiles-dir", str(at.dbt_project)),
            *("--target-path", str(at.dbt_target), "--log-path", str(at.dbt_target), "--quiet", "--log-level", "none"),
        )
        at.export()
        self._manifest: Any = dbtRunner().invoke(["parse", *self._folders]).result

    def reached(self, source: str, table: str) -> tuple[str, ...]:
        """The models between a raw table and the figures, and every test that looks at nothing built before them."""
        children, nodes = self._manifest.child_map, self._manifest.nodes
        below, found = [f"source.entrepot.{source}.{table}"], set()
        while below:
            for child in children[below.pop()]:
                if child not in found:
                    found.add(child)
                    below.append(child)
        figures = {f"model.entrepot.{name}" for name in FIGURES} & found
        above, leading = [*figures], set(figures)
        while above:
            for parent in self._manifest.parent_map[above.pop()]:
                if parent in found - leading:
                    above.append(parent)
                    leading.add(parent)
        built = figures | {name for name in leading if nodes[name].config.materialized == "table"}
        stale = {name for name in found - built if name in nodes and nodes[name].config.materialized == "table"}
        tests = [
            name
            for name, node in nodes.items()
            if node.resource_type == "test"
            and found & {*node.depends_on.nodes}
            and not stale & {*node.depends_on.nodes}
        ]
        return tuple(nodes[name].name for name in sorted(built) + tests)

    def judged(self, at: Settings, selected: Sequence[str]) -> tuple[str, ...]:
        """The names of the steps that failed."""
        at.export()
        chosen = ("--select", *selected, "--indirect-selection", "empty") if selected else ()
        runner = dbtRunner(manifest=self._manifest)
        answer = runner.invoke(["build", "--exclude-resource-type", "unit_test", *chosen, *self._folders])
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if answer.exception is not None:
            raise answer.exception
        results: Any = answer.result
        failed = [result for result in results if result.status in ("error", "fail", "runtime error")]
        return tuple(sorted(result.node.name for result in failed))


def told(corruption: Corruption, outcome: Outcome) -> str:
    """What stopped it, in words; raises where nothing did and no reason is written down, or where one is and it did."""
    if outcome.refused:
        caught = f"refused when it is loaded: it {outcome.refused.partition('.parquet ')[2].partition(';')[0]}"
    else:
        caught = ", ".join(f"`{name}`" for name in outcome.failed)
    aside = f"{outcome.set_aside} rows in `quarantine`" if outcome.set_aside else ""
    if bool(caught) == bool(corruption.let_through):
        raise AssertionError(f"{corruption.name}: {caught or 'nothing stopped it'}, and the catalogue says otherwise")
    return "; ".join(part for part in (caught or f"let through: {corruption.let_through}", aside) if part)


def main(arguments: Sequence[str]) -> None:
    """`python -m tests.corruptions.run [--home BUILT] [--only NAME…]`; without names all, and the page is written."""
    built = Path(arguments[arguments.index("--home") + 1]) if "--home" in arguments else None
    names = arguments[arguments.index("--only") + 1 :] if "--only" in arguments else ()
    started, lines, wrong = time.monotonic(), {}, []
    with home(built) as work:
        at = Settings(home=work)
        graph = Graph(at)
        for make in CLEAN if not names else ():
            outcome = meet(at, make(), graph)
            print(f"clean {make.__name__}: {outcome}", flush=True)  # noqa: T201
            if outcome.refused or outcome.failed or outcome.set_aside:
                wrong.append(f"{make.__name__} is clean and was stopped: {outcome}")
        for corruption in CORRUPTIONS:
            if names and corruption.name not in names:
                continue
            printing = corruption.damaged()
            outcome = meet(at, printing, graph)
            if not outcome.refused and not outcome.failed:
                outcome = meet(at, printing, graph, whole=True)
            try:
                lines[corruption.name] = told(corruption, outcome)
            except AssertionError as problem:
                wrong.append(str(problem))
            print(f"{time.monotonic() - started:5.0f} s {corruption.name}: {outcome}", flush=True)  # noqa: T201
    if wrong:
        sys.exit("\n".join(["These are not as they should be:", *wrong]))
    if not names:
        PAGE.write_text(table(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
