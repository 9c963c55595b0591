"""What keeps a server small: runs that nobody looks at any more are forgotten.

The runs that fetched months stay: their events are what the partition view shows.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    JobDefinition,
    OpExecutionContext,
    RunsFilter,
    ScheduleDefinition,
    job,
    op,
)

KEPT_FOR = timedelta(days=90)
KEPT_AT_LEAST = 20
ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def forget_runs(instance: DagsterInstance, before: datetime, kept_jobs: Collection[str]) -> int:
    """Forgets the runs that ended before a moment, with their events, but those of the named jobs and the newest ones."""
    newest = {run.run_id for run in instance.get_runs(limit=KEPT_AT_LEAST)}
    ended = instance.get_runs(RunsFilter(statuses=ENDED, created_before=before))
    old = [run.run_id for run in ended if run.job_name not in kept_jobs and run.run_id not in newest]
    for run_id in old:
        instance.delete_run(run_id)
    return len(old)


def forget_job(kept_jobs: Collection[str]) -> JobDefinition:
    @op
    def forget(context: OpExecutionContext) -> None:
        count = forget_runs(context.instance, datetime.now(UTC) - KEPT_FOR, kept_jobs)
        context.log.info(f"{count:,} runs older than {KEPT_FOR.days} days were forgotten.")

    @job(name="forget_old_runs", description=f"Forgets runs and their events after {KEPT_FOR.days} days.")
    def forget_old_runs() -> None:
        forget()

    return forget_old_runs


def forget_schedule(forget: JobDefinition) -> ScheduleDefinition:
    return ScheduleDefinition(
        name="forget_old_runs_weekly", job=forget, cron_schedule="30 3 * * 0", execution_timezone="UTC"
    )
