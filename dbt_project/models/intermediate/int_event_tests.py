from orchestration.event_study import with_other_events, with_q_values


def model(dbt, session):
    dbt.config(materialized="table")
    measures = with_other_events(dbt.ref("int_event_measures").df(), dbt.ref("int_event_overlaps").df())
    return with_q_values(measures, ["batch_code"])
