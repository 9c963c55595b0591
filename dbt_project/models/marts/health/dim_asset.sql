with

    spans as (
        select
            asset_code,
            min(price_date) as first_price_date,
            max(price_date) as last_price_date,
            count(*) as price_count,
            max(known_from) as known_from
        from {{ ref("int_market_prices") }}
        group by asset_code
    )

select
    assets.asset_code,
    assets.asset_name,
    assets.source_name,
    assets.series_code,
    assets.base_series_code,
    assets.unit_name,
    assets.return_type,
    assets.venue_calendar,
    assets.fixing_time,
    assets.fixing_timezone,
    assets.main_model_code,
    assets.benchmark_asset_code,
    assets.second_benchmark_asset_code,
    assets.countries,
    assets.sectors,
    assets.licence,
    assets.note,
    spans.first_price_date,
    spans.last_price_date,
    cast(coalesce(spans.price_count, 0) as bigint) as price_count,
    spans.known_from
from {{ ref("int_assets_known") }} as assets
left join spans on spans.asset_code = assets.asset_code
