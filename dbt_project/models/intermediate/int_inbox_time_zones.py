from orchestration.declared_assets import judged_zones


def model(dbt, session):
    dbt.config(materialized="table")
    return judged_zones(dbt.ref("stg_inbox__headlines").project("time_zone").distinct().df())
