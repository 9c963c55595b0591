with

    -- Later months than these were no longer news when we first saw them: their first printing here was not the first.
    printings as (
        select
            ledger_code,
            reporter_iso3,
            flow_code,
            period_month,
            known_from,
            value_usd,
            min(known_from) over (partition by ledger_code, reporter_iso3, flow_code, period_month) as first_known_from,
            row_number() over (
                partition by ledger_code, reporter_iso3, flow_code, period_month order by known_from desc, precision_usd
            ) as nth_latest
        from {{ ref("int_trade_reports") }}
        where partner_iso3 = 'WLD' and product_code = 'TOTAL'
    ),

    recent as (
        select *
        from printings
        where first_known_from < cast({{ dbt.dateadd("month", 19, "period_month") }} as {{ dbt.type_timestamp() }})
    ),

    firsts as (select * from recent where known_from = first_known_from),

    later as (
        select *, {{ dbt.datediff("first_known_from", "known_from", "day") }} as distance_days
        from recent
        where known_from > first_known_from
    ),

    horizons as (
        select
            *,
            case
                when distance_days <= 90
                then 'within_90_days'
                when distance_days <= 365
                then 'within_1_year'
                when distance_days <= 1096
                then 'within_3_years'
                else 'after_3_years'
            end as horizon_code
        from later
        union all
        select *, 'latest' as horizon_code
        from later
        where nth_latest = 1
    ),

    -- Several printings may fall into one horizon: the last of them speaks for it.
    chosen as (
        select
            *,
            row_number() over (
                partition by ledger_code, reporter_iso3, flow_code, period_month, horizon_code order by known_from desc
            ) as nth_in_horizon
        from horizons
    )

select
    chosen.ledger_code,
    chosen.reporter_iso3,
    chosen.flow_code,
    chosen.horizon_code,
    chosen.period_month,
    firsts.value_usd as first_usd,
    chosen.value_usd as later_usd,
    {{ money("chosen.value_usd - firsts.value_usd") }} as revision_usd,
    {{ growth_pct("chosen.value_usd", "firsts.value_usd") }} as revision_pct
from chosen
inner join
    firsts
    on firsts.ledger_code = chosen.ledger_code
    and firsts.reporter_iso3 = chosen.reporter_iso3
    and firsts.flow_code = chosen.flow_code
    and firsts.period_month = chosen.period_month
where chosen.nth_in_horizon = 1
