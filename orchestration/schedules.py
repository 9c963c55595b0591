"""When what runs. Each source has a schedule by its release calendar; one sensor builds when something new has come.

All are off until they are switched on, in the Dagster page or by `dagster schedule start --all` and `dagster sensor start`.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from pathlib import Path
from zoneinfo import ZoneInfo

from dagster import (
    AssetKey,
    AssetSelection,
    AutomationCondition,
    AutomationConditionSensorDefinition,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
)

from orchestration.fetch import Asked, plan
from orchestration.fetched import fetch_job, fetched_key, live_tables
from orchestration.landing import months_held
from orchestration.release_calendar import Rule, daily, rules_of
from orchestration.settings import settings
from orchestration.source import RawTable, Source

# A month that did not come on its day is looked for on the days after it, as long as this.
STILL_AWAITED = timedelta(days=21)


def rules(source: Source, table: RawTable) -> list[Rule]:
    return rules_of(source.name, table.name) or [daily(source.name, source.access.day_zone)]


def fetch_schedule(source: Source) -> ScheduleDefinition:
    """Ticks at the hours of the source's calendar, in its zone, and asks for the tables whose day it is."""
    mine = [rule for table in live_tables(source) for rule in rules(source, table)]

    def due(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        moment = context.scheduled_execution_time.astimezone(ZoneInfo(mine[0].zone))
        tables = due_tables(source, moment, settings().landing)
        if not tables:
            return SkipReason(f"{source.name} releases nothing at {moment:%Y-%m-%d %H:%M} and owes nothing.")
        off = {part.off for part in plan(settings(), [source], Asked()) if part.off}
        if off:
            return SkipReason(f"{source.name} is switched off, {off.pop()}")
        keys = [fetched_key(source, table) for table in tables]
        return RunRequest(run_key=f"{source.name} {moment.isoformat()}", asset_selection=keys)

    return ScheduleDefinition(
        name=f"fetch_{source.name}_when_due",
        job=fetch_job(source),
        cron_schedule=sorted({_cron(rule) for rule in mine}),
        execution_timezone=mine[0].zone,
        execution_fn=due,
        description=f"By the release calendar of {source.publisher}: {', '.join(dict.fromkeys(rule.name for rule in mine))}.",
    )


def due_tables(source: Source, moment: datetime, landing: Path) -> list[RawTable]:
    """The tables that have a release at that hour, or whose last one has not come yet."""
    return [
        table
        for table in live_tables(source)
        if any(_is_due(rule, table, moment, landing) for rule in rules(source, table))
    ]


def _is_due(rule: Rule, table: RawTable, moment: datetime, landing: Path) -> bool:
    today = moment.date()
    if not rule.is_hourly and (moment.hour, moment.minute) != (rule.asked_at.hour, rule.asked_at.minute):
        return False
    days = rule.days(today - STILL_AWAITED, today)
    if days and days[-1] == today:
        return True
    month: date | None = rule.month(days[-1]) if days else None
    return month is not None and month > max(months_held(landing, rule.source, table.name), default=date.min)


def _cron(rule: Rule) -> str:
    return "0 * * * *" if rule.is_hourly else f"{rule.asked_at.minute} {rule.asked_at.hour} * * *"


def _any(conditions: Iterable[AutomationCondition[AssetKey]]) -> AutomationCondition[AssetKey]:
    return reduce(or_, conditions)


def something_came(fetched: Sequence[AssetKey]) -> AutomationCondition[AssetKey]:
    """For what stands at the beginning of a build: a fetch brought something since the last one, which has ended.

    Fetches that go on do not hold it up: a backfill may take days.
    """
    came = _any(AutomationCondition.asset_matches(key, AutomationCondition.newly_updated()) for key in fetched)
    handled = AutomationCondition.newly_requested() | AutomationCondition.newly_updated()
    return (came.since(handled) & ~AutomationCondition.in_progress()).with_label("something came")


def something_changed() -> AutomationCondition[AssetKey]:
    """For what follows. Not plain `eager()`: that waits until nothing above is missing, and there is always a month, or
    a table of the warehouse's own account, that Dagster has not seen."""
    return AutomationCondition.eager().without(~AutomationCondition.any_deps_missing())


def build_sensor(selection: AssetSelection) -> AutomationConditionSensorDefinition:
    return AutomationConditionSensorDefinition(
        "build_when_something_came",
        target=selection,
        minimum_interval_seconds=60,
        description="Loads, builds, tests and publishes once a fetch brought something new.",
    )
