from orchestration.event_study import with_q_values


def model(dbt, session):
    dbt.config(materialized="table")
    return with_q_values(dbt.ref("int_event_measures").df(), ["batch_code"])
