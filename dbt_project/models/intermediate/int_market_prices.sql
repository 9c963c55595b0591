with

    assets as (select * from {{ ref("int_assets_known") }}),

    euro_rates as (
        select
            *,
            row_number() over (
                partition by rate_date, currency_code order by known_from desc, release_id desc
            ) as nth_latest
        from {{ ref("stg_ecb__reference_rates") }}
        where quarantine_reason is null
    ),

    -- A series that is no rate against the euro itself is the quotient of two of them.
    euro_prices as (
        select
            assets.asset_code,
            euro_rates.rate_date as price_date,
            case
                when assets.base_series_code is null
                then cast(euro_rates.currency_per_eur as double)
                else {{ ratio("euro_rates.currency_per_eur", "base_rates.currency_per_eur") }}
            end as price_value,
            euro_rates.known_from
        from assets
        inner join euro_rates on euro_rates.currency_code = assets.series_code and euro_rates.nth_latest = 1
        left join
            euro_rates as base_rates
            on base_rates.currency_code = assets.base_series_code
            and base_rates.rate_date = euro_rates.rate_date
            and base_rates.nth_latest = 1
        where assets.source_name = 'ecb'
    ),

    -- Both collections hold series of days under one code each.
    collected as (
        select 'fred' as source_name, series_code, observation_date, observation_value, known_from, release_id
        from {{ ref("stg_fred__observations") }}
        where quarantine_reason is null
        union all
        select 'ecos', series_code, observation_date, observation_value, known_from, release_id
        from {{ ref("stg_ecos__observations") }}
        where quarantine_reason is null
    ),

    observations as (
        select
            *,
            row_number() over (
                partition by source_name, series_code, observation_date order by known_from desc, release_id desc
            ) as nth_latest
        from collected
    ),

    -- What FRED said before we first asked tells since when the value we hold has been known.
    histories as (select distinct series_code from {{ ref("stg_fred__vintages") }} where quarantine_reason is null),

    first_known as (
        select vintages.series_code, vintages.observation_date, vintages.observation_value, vintages.known_from
        from {{ ref("int_observation_vintages") }} as vintages
        inner join histories on histories.series_code = vintages.series_code
        where vintages.known_to is null
    ),

    agency_prices as (
        select
            assets.asset_code,
            observations.observation_date as price_date,
            cast(observations.observation_value as double) as price_value,
            coalesce(first_known.known_from, observations.known_from) as known_from
        from assets
        inner join
            observations
            on observations.source_name = assets.source_name
            and observations.series_code = assets.series_code
            and observations.nth_latest = 1
        left join
            first_known
            on observations.source_name = 'fred'
            and first_known.series_code = observations.series_code
            and first_known.observation_date = observations.observation_date
            and first_known.observation_value = observations.observation_value
    ),

    -- Indices of a source that is off by default stand in for prices that a user did not bring.
    quoted as (
        select
            case
                series_code
                when '^KS11'
                then 'kospi'
                when '^N225'
                then 'nikkei_225'
                when '^HSI'
                then 'hang_seng'
                when '^GSPC'
                then 'sp_500'
            end as asset_code,
            observation_date as price_date,
            observation_value as price_value,
            known_from,
            row_number() over (
                partition by series_code, observation_date order by known_from desc, release_id desc
            ) as nth_latest
        from {{ ref("stg_yahoo__quotes") }}
        where quarantine_reason is null
    ),

    brought as (
        select
            *,
            row_number() over (
                partition by asset_code, price_date order by known_from desc, retrieved_at_utc desc, release_id desc
            ) as nth_latest
        from {{ ref("int_inbox_prices") }}
        where quarantine_reason is null
    ),

    prices as (
        select *
        from euro_prices
        union all
        select *
        from agency_prices
        union all
        select asset_code, price_date, price_value, known_from
        from brought
        where nth_latest = 1
        union all
        select quoted.asset_code, quoted.price_date, quoted.price_value, quoted.known_from
        from quoted
        left join (select distinct asset_code from brought) as own on own.asset_code = quoted.asset_code
        where quoted.nth_latest = 1 and own.asset_code is null
    )

select
    prices.asset_code,
    prices.price_date,
    prices.price_value,
    assets.unit_name,
    assets.venue_calendar,
    assets.fixing_time,
    assets.fixing_timezone,
    prices.known_from
from prices
inner join assets on assets.asset_code = prices.asset_code
where prices.price_value is not null
