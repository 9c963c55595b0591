from orchestration.statistics import revision_bias


def model(dbt, session):
    dbt.config(materialized="table")
    return revision_bias(dbt.ref("int_trade_revisions").df())
