"""What the server runs, and a schedule that does not wait for the hour of the European Central Bank."""

from dagster import DefaultScheduleStatus, Definitions, ScheduleDefinition

from orchestration import definitions

every_minute = ScheduleDefinition(
    name="ecb_every_minute",
    job_name="fetch_ecb",
    cron_schedule="* * * * *",
    default_status=DefaultScheduleStatus.RUNNING,
)

defs = Definitions.merge(definitions.defs, Definitions(schedules=[every_minute]))
