{#-
    What was known of each day of a FRED series, and when: what we fetched, and before that what FRED says it said. A value
    that was said again is no news. `known_to` is when the next value came; null is today's.
-#}
with

    said as (
        select series_code, observation_date, observation_value, known_from
        from {{ ref("stg_fred__vintages") }}
        where quarantine_reason is null
        union
        select series_code, observation_date, observation_value, known_from
        from {{ ref("stg_fred__observations") }}
        where quarantine_reason is null
    ),

    compared as (
        select
            *,
            lag(observation_value) over (
                partition by series_code, observation_date order by known_from, observation_value
            ) as earlier_value
        from said
    )

select
    series_code,
    observation_date,
    observation_value,
    known_from,
    lead(known_from) over (
        partition by series_code, observation_date order by known_from, observation_value
    ) as known_to
from compared
where earlier_value is null or earlier_value <> observation_value
