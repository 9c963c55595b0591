from datetime import timedelta

from orchestration.sessions import asset_sessions


def model(dbt, session):
    dbt.config(materialized="table")
    first, last = dbt.ref("int_event_assets").aggregate("min(study_date), max(study_date)").fetchone()
    prices = dbt.ref("int_market_prices").project("asset_code, price_date").df()
    assets = dbt.ref("assets").df()
    priced = assets[assets["asset_code"].isin(prices["asset_code"])]
    return asset_sessions(priced, prices, first - timedelta(days=400), last + timedelta(days=60))
