-- Fails on: a later printing of a series that moves more than a tenth of the days both hold by more than 5 %:
-- another unit, the quotient turned over, a column in the place of its neighbour.
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
        where quarantine_reason is null
        union all
        select series_code, observation_date, cast(observation_value as double), known_from, release_id
        from {{ ref("stg_fred__observations") }}
        where quarantine_reason is null
    ),

    compared as (
        select *, lag(quoted) over (partition by series_code, day order by known_from, release_id) as quoted_earlier
        from quotations
    )

select
    series_code,
    release_id,
    avg(case when abs(quoted - quoted_earlier) > abs(quoted_earlier) * 0.05 then 1.0 else 0.0 end) as moved_share
from compared
where quoted_earlier is not null
group by series_code, release_id
having avg(case when abs(quoted - quoted_earlier) > abs(quoted_earlier) * 0.05 then 1.0 else 0.0 end) > 0.1
