"""Everything Dagster runs. It lists no source by name: a module in `sources/` and its staging folder are enough."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    AssetSpec,
    Definitions,
    MaterializeResult,
    MetadataValue,
    asset,
    define_asset_job,
    in_process_executor,
)
from dagster_dbt import DbtCliResource, dbt_assets

from orchestration.archive import bundled
from orchestration.fetched import fetched_asset, fetched_key, landed_sensor, live_tables, months_of
from orchestration.housekeeping import forget_job, forget_schedule
from orchestration.increments import begin, succeeded
from orchestration.landing import count, land
from orchestration.notify import failure_sensor
from orchestration.progress import progress, tell
from orchestration.publishing.built import publish_built
from orchestration.schedules import build_sensor, fetch_schedule, something_came, something_changed
from orchestration.settings import settings
from orchestration.source import RawTable, Source, discover
from orchestration.transform import Translator, asset_key, dbt_resource, forget_results, manifest, marts, tests
from orchestration.warehouse import load

# DuckDB lets one process write. Whatever opens the warehouse waits its turn here, also under `dagster dev`.
WRITER_POOL = "warehouse"


def landing_asset(source: Source, table: RawTable) -> AssetsDefinition:
    @asset(
        key=["landing", source.name, table.name],
        deps=[fetched_key(source, table)] if table.fetch else [],
        group_name=source.name,
        kinds={"parquet"},
        description=f"Release files of {source.publisher}, as published and never changed. {table.grain}",
    )
    def land_releases() -> MaterializeResult[None]:
        at = settings()
        if source.collect is not None:
            source.collect(at, table.name)
        landed = [land(at.landing, release, rows) for release, rows in bundled(at.archive, source.name, table.name)]
        added = sum(is_new for _, is_new in landed)
        held = count(at.landing, source.name, table.name)
        return MaterializeResult(metadata={"releases_added": added, "releases_held": held})

    return land_releases


def raw_asset(source: Source, table: RawTable) -> AssetsDefinition:
    @asset(
        key=[source.name, table.name],
        deps=[AssetKey(["landing", source.name, table.name])],
        group_name=source.name,
        kinds={"duckdb"},
        pool=WRITER_POOL,
        description=f"{table.grain} Values are text as published, in {table.unit}; a release is only ever added.",
    )
    def load_releases() -> MaterializeResult[None]:
        at = settings()
        with at.writer():
            loaded = load(at.warehouse, at.landing, source, table)
        return MaterializeResult(
            metadata={"releases_added": loaded.added, "dagster/row_count": loaded.rows, "releases_held": loaded.held}
        )

    return load_releases


@dbt_assets(manifest=manifest(settings()), dagster_dbt_translator=Translator(), pool=WRITER_POOL)
def models(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """Staging, intermediate and marts with their data tests, in one dbt run. Unit tests judge code: `make test` runs them."""
    at = settings()
    with at.writer():
        forget_results(at)
        loaded_after = begin(at)
        changes = ["--vars", f"{{loaded_after: '{loaded_after}'}}"] if loaded_after else []
        run = dbt.cli(
            ["build", "--exclude-resource-type", "unit_test", *changes],
            context=context,
            target_path=at.dbt_target,
            raise_on_error=False,
        )
        yield from run.stream()
        tests(at)
        succeeded(at)


@asset(
    key=["serving", "release"],
    deps=[asset_key(mart) for mart in marts(settings())],
    group_name="serving",
    kinds={"duckdb", "parquet", "html"},
    pool=WRITER_POOL,
    description="The finished file that analysts and BI tools read, and a page for people: marts and macros only, swapped in whole.",
)
def release() -> MaterializeResult[None]:
    at = settings()
    counts = tests(at)
    with at.writer():
        published = publish_built(at, at, counts, tell)
    return MaterializeResult(
        metadata={
            "release_id": published.release_id,
            "path": MetadataValue.path(at.current_file),
            "dagster/row_count": sum(published.marts.values()),
        }
    )


SOURCES = discover()
LIVE = [source for source in SOURCES if source.is_live]
TABLES = [(source, table) for source in SOURCES for table in source.tables]
FETCHED = [fetched_key(source, table) for source in LIVE for table in live_tables(source)]
NOT_BUILT = {"fetched", "entrepot"}

came, changed = something_came(FETCHED), something_changed()


def automated(spec: AssetSpec) -> AssetSpec:
    """What reads nothing that a build makes begins it; the rest follows. So a build is whole or is not."""
    begins = all(dep.asset_key.path[0] in NOT_BUILT for dep in spec.deps)
    return spec.replace_attributes(automation_condition=came if begins else changed)


built = [
    made.map_asset_specs(automated)
    for made in (
        *(landing_asset(source, table) for source, table in TABLES),
        *(raw_asset(source, table) for source, table in TABLES),
        models,
        release,
    )
]
whole = AssetSelection.assets(*built)

build = define_asset_job(
    "build",
    selection=whole,
    description="From the releases at hand to a published file.",
    config={"loggers": {"progress": {}}},
)

forget = forget_job([f"fetch_{source.name}" for source in LIVE if months_of(source) is not None])

defs = Definitions(
    assets=[
        *(
            fetched_asset(source, table, table.fetch)
            for source in LIVE
            for table in live_tables(source)
            if table.fetch is not None
        ),
        *built,
    ],
    jobs=[build, forget],
    schedules=[*(fetch_schedule(source) for source in LIVE), forget_schedule(forget)],
    sensors=[build_sensor(whole), landed_sensor(LIVE), failure_sensor()],
    resources={"dbt": dbt_resource(settings())},
    loggers={"progress": progress},
    executor=in_process_executor,
)
