{#- A session without a price has no return, and neither has the next: a suspension is unknown, not unchanged. -#}
with

    assets as (select * from {{ ref("int_assets_known") }}),

    sessions as (
        select
            asset_sessions.asset_code,
            asset_sessions.session_number,
            cast(asset_sessions.session_date as date) as session_date,
            asset_sessions.closes_at_utc,
            prices.price_value,
            lag(prices.price_value) over (
                partition by asset_sessions.asset_code order by asset_sessions.session_number
            ) as earlier_value
        from {{ ref("int_asset_sessions") }} as asset_sessions
        left join
            {{ ref("int_market_prices") }} as prices
            on prices.asset_code = asset_sessions.asset_code
            and prices.price_date = cast(asset_sessions.session_date as date)
    )

select
    sessions.asset_code,
    sessions.session_number,
    sessions.session_date,
    sessions.closes_at_utc,
    sessions.price_value,
    assets.return_type,
    case
        when assets.return_type = 'basis_points'
        then 100 * (sessions.price_value - sessions.earlier_value)
        when sessions.price_value > 0 and sessions.earlier_value > 0
        then ln(sessions.price_value / sessions.earlier_value)
    end as return_value
from sessions
inner join assets on assets.asset_code = sessions.asset_code
