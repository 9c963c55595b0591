-- Fails on: a quotation on a Saturday or Sunday, or a day on which most currencies stand where they stood: days
-- without a session that somebody filled with the last value. At most 42 % of the floating currencies ever
-- stood still.
{{ config(meta={"dagster": {"ref": {"name": "stg_ecb__reference_rates"}}}) }}
with

    days as (
        select 'ecb' as source_name, release_id, rate_date as day
        from {{ ref("stg_ecb__reference_rates") }}
        where quarantine_reason is null
        union
        select 'fred', release_id, observation_date
        from {{ ref("stg_fred__observations") }}
        where quarantine_reason is null and series_code not in ('CPIAUCSL', 'UNRATE')
    ),

    moves as (
        select
            release_id,
            rate_date as day,
            currency_per_eur,
            lag(currency_per_eur) over (partition by release_id, currency_code order by rate_date) as before
        from {{ ref("stg_ecb__reference_rates") }}
        where
            quarantine_reason is null
            and currency_code not in ('BGN', 'DKK', 'CYP', 'MTL', 'SIT', 'EEK', 'LTL', 'LVL', 'HRK', 'SKK')
    )

select release_id, day, 'weekend' as reason
from days
where mod({{ dbt.datediff("cast('1900-01-01' as date)", "day", "day") }}, 7) >= 5
union all
select release_id, day, 'still'
from moves
where before is not null
group by release_id, day
having avg(case when currency_per_eur = before then 1.0 else 0.0 end) > 0.6
