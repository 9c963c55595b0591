"""The dbt project, as Dagster sees it: where it is, what it declares, what a run of it said."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from subprocess import TimeoutExpired
from typing import Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, DbtCliResource
from packaging.version import Version

from orchestration.errors import EntrepotError
from orchestration.inputs import models_fingerprint
from orchestration.publishing.release import Mart
from orchestration.settings import Settings

LONGEST_END_SECONDS = 30
# The second is DuckDB's, where a large sort has no room beside the warehouse.
OF_A_FULL_DISK = ("No space left on device", "'max_temp_directory_size' setting")


class Translator(DagsterDbtTranslator):
    """Groups by what a reader looks for: the source in staging, the subject in marts, else the layer."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        folders = dbt_resource_props["fqn"][1:-1]
        return str(folders[-1]) if folders else "reference"


class Dbt(DbtCliResource):
    """dbt of this environment. Its version is known without starting it once more, which would cost seconds a run."""

    def cli(self, *arguments: Any, **options: Any) -> DbtCliInvocation:
        started = super().cli(*arguments, **options)
        _started.append(started)
        return started

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))


_started: list[DbtCliInvocation] = []


def end_dbt() -> None:
    """Ends each dbt of this process that still works: a run that fails in its middle must not leave one that writes on."""
    while _started:
        process = _started.pop().process
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(LONGEST_END_SECONDS)
            except TimeoutExpired:
                process.kill()
                process.wait()


@dataclass(frozen=True)
class TestCounts:
    """Of one dbt run. `failed_by_table` counts warnings by `source.table`, for `data_health`."""

    passed: int
    warned: int
    failed_by_table: dict[str, int]


def dbt_resource(settings: Settings) -> DbtCliResource:
    settings.export()
    return Dbt(
        project_dir=os.fspath(settings.dbt_project),
        profiles_dir=os.fspath(settings.dbt_project),
        dbt_executable=os.fspath(Path(sys.executable).with_name("dbt")),
    )


def manifest(settings: Settings) -> Path:
    """dbt's own account of the project, made anew when one of its files changed, or the project lies in another folder."""
    settings.prepare()
    path = settings.dbt_target / "manifest.json"
    stamp = settings.dbt_target / "manifest.inputs"
    inputs = f"{models_fingerprint(settings)} {settings.dbt_project}"
    parsed = stamp.read_text() if stamp.is_file() else ""
    if parsed != inputs or not _is_whole(path):
        if not parsed.endswith(f" {settings.dbt_project}"):  # what dbt remembers finds seeds by the folder they lay in
            (settings.dbt_target / "partial_parse.msgpack").unlink(missing_ok=True)
        invocation = dbt_resource(settings).cli(
            ["parse", "--quiet"], target_path=settings.dbt_target, raise_on_error=False
        )
        if not invocation.wait().is_successful():
            raise EntrepotError(
                f"dbt cannot read its project in {settings.dbt_project}. Nothing was changed. What it said:\n"
                f"{_said(settings)}"
            )
        stamp.write_text(inputs)
    return path


def _is_whole(path: Path) -> bool:
    """dbt writes it anew in each run; a run that is killed just then leaves half of it."""
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def forget_results(settings: Settings) -> None:
    """So that a dbt that dies before it has written its results is not judged by those of the run before."""
    (settings.dbt_target / "run_results.json").unlink(missing_ok=True)


def marts(settings: Settings) -> list[Mart]:
    """The public contract: each model of schema `marts`, with the columns that are its grain."""
    nodes = _read(settings.dbt_target / "manifest.json")["nodes"].values()
    found = [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]
    return sorted(
        (Mart(name=node["name"], grain=tuple(node["config"]["meta"]["grain"])) for node in found),
        key=lambda mart: mart.name,
    )


def tests(settings: Settings) -> TestCounts:
    """What the last run's data tests said; raises where one of severity error failed."""
    results = _read(settings.dbt_target / "run_results.json")["results"]
    nodes = _read(settings.dbt_target / "manifest.json")["nodes"]
    failures = [result for result in results if result["status"] in ("error", "fail", "runtime error")]
    if failures:
        raise EntrepotError(_explain(settings, failures))
    judged = [result for result in results if result["unique_id"].startswith("test.")]
    warned = [result for result in judged if result["status"] == "warn"]
    by_table: dict[str, int] = {}
    for result in warned:
        for model in nodes[result["unique_id"]]["depends_on"]["nodes"]:
            source, _, table = model.removeprefix("model.entrepot.stg_").partition("__")
            if table:
                by_table[f"{source}.{table}"] = by_table.get(f"{source}.{table}", 0) + 1
    passed = sum(result["status"] == "pass" for result in judged)
    return TestCounts(passed=passed, warned=len(warned), failed_by_table=by_table)


def _explain(settings: Settings, failures: list[dict[str, Any]]) -> str:
    lines = [
        f"{len(failures)} of dbt's steps failed. Nothing was published: a release that was served before still is."
    ]
    for failure in failures:
        kind, _, name, *_ = failure["unique_id"].split(".")
        rows = f" ({failure['failures']} rows)" if failure["failures"] else ""
        lines.append(f"  {kind} {name}{rows}: {' '.join(str(failure['message']).split())[:300]}")
        compiled = _compiled(settings, failure)
        if compiled is not None:
            lines.append(f"    see its rows: entrepot query --warehouse --file {quote(str(compiled))}")
    is_full = any(said in str(failure["message"]) for failure in failures for said in OF_A_FULL_DISK)
    lines.append(
        "The disk is full: free some space, then run `entrepot build` again."
        if is_full
        else "Mend the data or the model it names, then run `entrepot build` again."
    )
    return "\n".join(lines)


def _compiled(settings: Settings, failure: dict[str, Any]) -> Path | None:
    """The SQL that dbt ran for this step; a reader can run it again to see the rows."""
    if not failure["unique_id"].startswith("test.") or not failure.get("compiled_code"):
        return None
    path = settings.dbt_target / "failed" / f"{failure['unique_id'].split('.')[2]}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(failure["compiled_code"]), encoding="utf-8")
    return path


def _said(settings: Settings) -> str:
    log = settings.dbt_target / "dbt.log"
    return "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:]) if log.is_file() else "nothing"


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise EntrepotError(
            f"dbt left no readable {path.name} in {path.parent} ({problem}). Nothing was published; a release that was "
            "served before still is. Run `entrepot build` again; if it repeats, delete that folder first: dbt makes it anew."
        ) from problem
    return content


def asset_key(mart: Mart) -> AssetKey:
    return AssetKey(["marts", mart.name])
