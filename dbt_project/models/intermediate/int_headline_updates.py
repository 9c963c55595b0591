from orchestration.tagging import updates


def model(dbt, session):
    dbt.config(materialized="table")
    return updates(dbt.ref("headlines").df(), dbt.ref("int_headline_tags").df())
