from orchestration.tagging import updates


def model(dbt, session):
    dbt.config(materialized="table")
    return updates(dbt.ref("int_headlines_reported").df(), dbt.ref("int_headline_tags").df())
