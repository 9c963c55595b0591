from orchestration.sessions import align


def model(dbt, session):
    dbt.config(materialized="table")
    return align(dbt.ref("int_event_assets").df(), dbt.ref("int_asset_sessions").df())
