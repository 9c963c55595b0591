from orchestration.event_study import group_tests


def model(dbt, session):
    dbt.config(materialized="table")
    return group_tests(dbt.ref("int_event_group_members").df(), dbt.ref("int_abnormal_returns").df())
