from orchestration.event_study import event_windows


def model(dbt, session):
    dbt.config(materialized="table")
    return event_windows(dbt.ref("int_abnormal_returns").df(), dbt.ref("int_event_spans").df())
