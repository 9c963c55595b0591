{#- The day of the decision is what a market reacts to. Since 2015 the Federal Reserve's changes take effect a day later. -#}
with

    decisions as (
        select
            'fed' as bank_code,
            case
                when effective_date >= cast('2015-01-01' as date)
                then cast({{ dbt.dateadd("day", -1, "effective_date") }} as date)
                else effective_date
            end as decision_date,
            effective_date,
            rate_lower_pct,
            rate_upper_pct,
            known_from,
            release_id
        from {{ ref("stg_policy_rates__federal_reserve") }}
        where quarantine_reason is null
        union all
        select 'bok', effective_date, effective_date, rate_pct, rate_pct, known_from, release_id
        from {{ ref("stg_policy_rates__bank_of_korea") }}
        where quarantine_reason is null
        union all
        select 'boj', decision_date, effective_date, rate_lower_pct, rate_upper_pct, known_from, release_id
        from {{ ref("stg_policy_rates__bank_of_japan") }}
        where quarantine_reason is null
    ),

    printings as (
        select
            *,
            row_number() over (
                partition by bank_code, effective_date order by known_from desc, release_id desc
            ) as nth_latest
        from decisions
    )

select
    bank_code,
    decision_date,
    effective_date,
    rate_lower_pct,
    rate_upper_pct,
    rate_upper_pct - lag(rate_upper_pct) over (partition by bank_code order by effective_date) as change_pp,
    known_from
from printings
where nth_latest = 1
