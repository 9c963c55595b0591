from datetime import UTC, datetime

from orchestration.release_calendar import months_due


def model(dbt, session):
    dbt.config(materialized="table")
    # The rules are read from the two seeds' files; naming them keeps the order.
    dbt.ref("release_calendar")
    dbt.ref("release_dates")
    return months_due(dbt.ref("stg_entrepot__raw_tables").df(), datetime.now(UTC).date())
