from orchestration.statistics import economic_complexity


def model(dbt, session):
    dbt.config(materialized="table")
    return economic_complexity(dbt.ref("int_world_rca").df())
