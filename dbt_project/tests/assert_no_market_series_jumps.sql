-- Fails on: a move from one quotation to the next that no held day comes near: a currency of the list by a
-- quarter, a yield by 2.5 points, the won's fixing by 30 %, the dollar index by 10 %, consumer prices by 5 %.
{{ config(meta={"dagster": {"ref": {"name": "stg_ecb__reference_rates"}}}) }}
with

    quotations as (
        select
            currency_code as series_code,
            rate_date as day,
            cast(currency_per_eur as double) as quoted,
            known_from,
            release_id
        from {{ ref("stg_ecb__reference_rates") }}
        where
            quarantine_reason is null
            and currency_code in ('USD', 'JPY', 'KRW', 'GBP', 'CNY', 'CHF', 'CAD', 'AUD', 'MXN', 'SGD', 'HKD', 'INR')
        union all
        select series_code, observation_date, cast(observation_value as double), known_from, release_id
        from {{ ref("stg_fred__observations") }}
        where quarantine_reason is null
    ),

    ranked as (
        select
            *, row_number() over (partition by series_code, day order by known_from desc, release_id desc) as nth_latest
        from quotations
    ),

    moves as (
        select series_code, day, quoted, lag(quoted) over (partition by series_code order by day) as quoted_before
        from ranked
        where nth_latest = 1
    ),

    limits as (
        select
            *,
            case
                when series_code in ('DGS2', 'DGS10', 'DGS3MO')
                then 2.5
                when series_code = 'DEXKOUS'
                then quoted_before * 0.3
                when series_code = 'DTWEXBGS'
                then quoted_before * 0.1
                when series_code = 'CPIAUCSL'
                then quoted_before * 0.05
                when series_code in ('DCOILWTICO', 'DCOILBRENTEU')
                then 70
                when series_code = 'UNRATE'
                then 12
                else quoted_before * 0.25
            end as largest_move
        from moves
    )

select series_code, day, quoted_before, quoted
from limits
where abs(quoted - quoted_before) > largest_move
