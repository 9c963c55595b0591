from orchestration.tagging import tag_lists


def model(dbt, session):
    dbt.config(materialized="table")
    return tag_lists(dbt.ref("headline_tags").df())
