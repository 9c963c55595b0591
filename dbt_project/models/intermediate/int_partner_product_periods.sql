-- As int_product_periods, from the tables of chosen partners: months and complete years of each partner by itself.
with

    items as (select * from {{ ref("int_product_current") }} where product_kind = 'item'),

    levels as (
        select 2 as hs_level
        union all
        select 4
        union all
        select 6
    ),

    whole_years as (
        select ledger_code, reporter_iso3, partner_iso3, flow_code, extract(year from period_month) as year
        from items
        group by ledger_code, reporter_iso3, partner_iso3, flow_code, extract(year from period_month)
        having count(distinct period_month) = 12
    ),

    stated as (
        select items.*, 'month' as frequency_code, items.period_month as period_start
        from items
        union all
        select items.*, 'year', cast(concat(cast(whole_years.year as {{ dbt.type_string() }}), '-01-01') as date)
        from items
        inner join
            whole_years
            on whole_years.ledger_code = items.ledger_code
            and whole_years.reporter_iso3 = items.reporter_iso3
            and whole_years.partner_iso3 = items.partner_iso3
            and whole_years.flow_code = items.flow_code
            and whole_years.year = extract(year from items.period_month)
    )

select
    stated.ledger_code,
    stated.reporter_iso3,
    stated.partner_iso3,
    stated.flow_code,
    levels.hs_level,
    substr(stated.product_code, 1, levels.hs_level) as product_code,
    stated.frequency_code,
    stated.period_start,
    stated.valuation,
    {{ money("sum(stated.value_usd)") }} as value_usd,
    {{ least_settled("stated.data_status") }} as data_status,
    max(stated.known_from) as known_from
from stated
cross join levels
group by
    stated.ledger_code,
    stated.reporter_iso3,
    stated.partner_iso3,
    stated.flow_code,
    levels.hs_level,
    substr(stated.product_code, 1, levels.hs_level),
    stated.frequency_code,
    stated.period_start,
    stated.valuation
