from orchestration.event_study import abnormal_returns


def model(dbt, session):
    dbt.config(materialized="table")
    events = dbt.ref("int_event_sessions").df().merge(dbt.ref("int_event_assets").df(), on=["event_id", "asset_code"])
    return abnormal_returns(events, dbt.ref("int_market_returns").df(), dbt.ref("int_assets_known").df())
