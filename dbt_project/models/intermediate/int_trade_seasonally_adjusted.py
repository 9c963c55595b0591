from orchestration.statistics import seasonally_adjust


def model(dbt, session):
    dbt.config(materialized="table")
    return seasonally_adjust(dbt.ref("int_seasonal_series").df())
