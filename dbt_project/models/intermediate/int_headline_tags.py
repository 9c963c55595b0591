from orchestration.tagging import tag_headlines


def model(dbt, session):
    dbt.config(materialized="table")
    return tag_headlines(
        dbt.ref("int_headlines_reported").df(), dbt.ref("gazetteer").df(), dbt.ref("relevance_rules").df()
    )
