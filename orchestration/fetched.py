"""Fetching, as Dagster runs and shows it: an asset for each table that can be fetched, a job for each source.

A run plans and asks as `entrepot fetch` does, by the same code. Where a table is asked month by month its partitions are
these months, and one is there when its requests were answered and a release of it is held, whoever fetched it: a run, or
the command. A run without partitions asks for what is due; a backfill is one run, within the calls of a day.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    AssetSelection,
    BackfillPolicy,
    BetaWarning,
    DagsterInstance,
    DefaultSensorStatus,
    FreshnessPolicy,
    MonthlyPartitionsDefinition,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    asset,
    define_asset_job,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration import fetch as fetching
from orchestration.errors import EntrepotError
from orchestration.fetch import Asked, Part, landed_months, only_one
from orchestration.landing import months_held
from orchestration.release_calendar import longest_gap
from orchestration.settings import Settings, settings
from orchestration.source import Fetch, RawTable, Source, Window, month_after

MONTH = "%Y-%m"
FAILURES_TOLD = 20
LOOK_EVERY_SECONDS = 300
TIME_TO_FETCH = timedelta(days=1)

# Dagster calls the policy of backfills beta; the tests hold what we need of it.
warnings.filterwarnings("ignore", message=".*backfill_policy.*", category=BetaWarning)


def fetched_key(source: Source, table: RawTable) -> AssetKey:
    return AssetKey(["fetched", source.name, table.name])


def live_tables(source: Source) -> list[RawTable]:
    return [table for table in source.tables if table.fetch is not None]


def is_monthly(fetch: Fetch) -> bool:
    """Whether each of its requests is about one month. It is tried on three months that lie ten years back."""
    today = date.today()  # noqa: DTZ011 # any day will do
    window = Window(
        first=month_after(today.replace(day=1), -120), last=month_after(today.replace(day=1), -118), today=today
    )
    months = {(first, last) for first, last in window.spans()}
    return {(request.period_from, request.period_to) for request in fetch.plan(window)} == months


def months_of(source: Source) -> MonthlyPartitionsDefinition | None:
    """One range for all tables of a source that are asked month by month, so that one job holds them."""
    monthly = [table.fetch for table in source.tables if table.fetch and is_monthly(table.fetch)]
    if not monthly:
        return None
    first = min(fetch.earliest for fetch in monthly)
    return MonthlyPartitionsDefinition(f"{first:{MONTH}}", timezone=source.access.day_zone, fmt=MONTH)


def freshness(source: Source, table: RawTable, today: date) -> FreshnessPolicy | None:
    """By the calendar: something new came within the longest time between two releases, and a day to fetch it.

    It never fails for a publisher that is on time, and may tell late of one that is not: `data_health` is exact.
    """
    gap = longest_gap(source.name, table.name, today)
    return FreshnessPolicy.time_window(fail_window=gap + TIME_TO_FETCH) if gap is not None else None


def fetched_asset(source: Source, table: RawTable, fetch: Fetch) -> AssetsDefinition:
    partitions = months_of(source) if is_monthly(fetch) else None

    @asset(
        key=fetched_key(source, table),
        group_name=source.name,
        kinds={"http"},
        partitions_def=partitions,
        backfill_policy=BackfillPolicy.single_run() if partitions else None,
        pool=f"fetch_{source.name}",
        freshness_policy=freshness(source, table, date.today()),  # noqa: DTZ011 # a day more or less changes nothing
        output_required=False,
        description=f"What {source.publisher} answered lately. {table.grain}",
    )
    def ask(context: AssetExecutionContext) -> Iterator[None]:
        at = settings()
        months = _asked_months(context)
        part = _fetch(at, source, table, months)
        for line in _said(part):
            context.log.warning(line)
        for event in _events(context.instance, at, source, table, part, months):
            context.log_event(event)
        yield from ()
        if part.failures:
            raise EntrepotError("\n".join(part.failures[:FAILURES_TOLD]))

    return ask


def fetch_job(source: Source) -> UnresolvedAssetJobDefinition:
    """The tables of a source one after the other; one that fails costs the others nothing."""
    return define_asset_job(
        f"fetch_{source.name}",
        selection=AssetSelection.assets(*(fetched_key(source, table) for table in live_tables(source))),
        description=f"Asks {source.publisher} for what is due, within its limits. What did not change adds nothing.",
    )


def _asked_months(context: AssetExecutionContext) -> list[date]:
    """The months of a partitioned run; none where it asks for what is due."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return []
    return [date.fromisoformat(f"{key}-01") for key in context.partition_keys]


def _fetch(at: Settings, source: Source, table: RawTable, months: Sequence[date]) -> Part:
    alone = replace(source, tables=(table,))
    asked = Asked(first=min(months), last=max(months)) if months else Asked()
    with only_one(at, [source]):
        (part,) = fetching.plan(at, [alone], asked)
        fetching.run(at, [part], asked, clock=fetching.now_utc)
    return part


def _said(part: Part) -> list[str]:
    """What a person should know though nothing failed."""
    if part.off:
        return [f"{part.source.name} is switched off, {part.off}"]
    if part.waiting:
        return [f"{part.name}: {part.waiting:,} requests wait. {part.closed or 'Run again'}."]
    return []


def _events(
    instance: DagsterInstance, at: Settings, source: Source, table: RawTable, part: Part, months: Sequence[date]
) -> list[AssetMaterialization]:
    """What came new, as Dagster keeps it: the months asked for that are held now, or those that it did not know of."""
    key = fetched_key(source, table)
    told = {"requests": sum(part.outcomes.values()), "releases_added": part.outcomes["kept"]}
    if part.table.fetch is None or not is_monthly(part.table.fetch):
        return [AssetMaterialization(key, metadata=told)] if part.outcomes["kept"] else []
    there = landed_months(at, source, table)
    new = set(months) | {month for month in part.kept_months if month in there}
    wanted = [month for month in sorted(there) if month in new] + unknown_months(instance, source, table, there - new)
    return [AssetMaterialization(key, partition=f"{month:{MONTH}}", metadata=told) for month in wanted]


def unknown_months(instance: DagsterInstance, source: Source, table: RawTable, there: set[date]) -> list[date]:
    """The months that are held and that Dagster does not show yet."""
    partitions = months_of(source)
    if partitions is None:
        return []
    shown = instance.get_materialized_partitions(fetched_key(source, table))
    named = set(partitions.get_partition_keys())
    return sorted(month for month in there if (name := f"{month:{MONTH}}") in named and name not in shown)


def landed_sensor(sources: Sequence[Source]) -> SensorDefinition:
    """Months that the command fetched are shown as a run's are."""

    @sensor(
        name="months_fetched_elsewhere",
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Shows the months that `entrepot fetch` brought as partitions, so that both tell one story.",
    )
    def look(context: SensorEvaluationContext) -> SensorResult:
        at = settings()
        tables = [
            (source, table)
            for source in sources
            for table in live_tables(source)
            if table.fetch and is_monthly(table.fetch)
        ]
        return SensorResult(
            asset_events=[
                AssetMaterialization(fetched_key(source, table), partition=f"{month:{MONTH}}")
                for source, table in tables
                if months_held(at.landing, source.name, table.name)
                for month in unknown_months(context.instance, source, table, landed_months(at, source, table))
            ]
        )

    return look
