from datetime import timedelta

from orchestration.sessions import asset_sessions

# Before the first event lie its estimation window of 250 sessions and the days that no venue opens.
BEFORE, AFTER = timedelta(days=500), timedelta(days=60)


def model(dbt, session):
    dbt.config(materialized="table")
    first, last = dbt.ref("int_event_assets").aggregate("min(study_date), max(study_date)").fetchone()
    first, last = first - BEFORE, last + AFTER
    prices = dbt.ref("int_market_prices").filter(f"price_date >= date '{first}'").project("asset_code, price_date").df()
    assets = dbt.ref("int_assets_known").df()
    priced = assets[assets["asset_code"].isin(prices["asset_code"])]
    return asset_sessions(priced, prices, first, last)
