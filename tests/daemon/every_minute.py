"""What the server runs, and a schedule that does not wait for the hour of the European Central Bank, nor takes an answer for fresh."""

from dataclasses import replace
from datetime import timedelta

from dagster import DefaultScheduleStatus, Definitions, ScheduleDefinition

from orchestration.sources import ecb

(rates,) = ecb.SOURCE.tables
assert rates.fetch is not None
ecb.SOURCE = replace(ecb.SOURCE, tables=(replace(rates, fetch=replace(rates.fetch, fresh=timedelta())),))

from orchestration import definitions  # noqa: E402 # it reads the sources as it is imported

every_minute = ScheduleDefinition(
    name="ecb_every_minute",
    job_name="fetch_ecb",
    cron_schedule="* * * * *",
    default_status=DefaultScheduleStatus.RUNNING,
)

defs = Definitions.merge(definitions.defs, Definitions(schedules=[every_minute]))
