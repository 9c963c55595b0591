{%- set basket = "ledger_code, reporter_iso3, partner_iso3, flow_code, hs_level, frequency_code, period_start" %}
with

    chosen_partners as (select * from {{ ref("int_partner_product_periods") }}),

    replaced as (
        select distinct ledger_code, reporter_iso3, partner_iso3, flow_code, frequency_code, period_start
        from chosen_partners
    ),

    -- Where a partner is told code by code, that gives all its levels: they add up to one another.
    periods as (
        select *
        from chosen_partners
        union all
        select all_partners.*
        from {{ ref("int_product_periods") }} as all_partners
        left join
            replaced
            on replaced.ledger_code = all_partners.ledger_code
            and replaced.reporter_iso3 = all_partners.reporter_iso3
            and replaced.partner_iso3 = all_partners.partner_iso3
            and replaced.flow_code = all_partners.flow_code
            and replaced.frequency_code = all_partners.frequency_code
            and replaced.period_start = all_partners.period_start
        where replaced.ledger_code is null
    ),

    covered as (select * from {{ ref("int_product_coverage") }}),

    -- A product is said twice: as what it is, and as what it was a year later. So one that is gone still has its row.
    stacked as (
        select {{ basket }}, product_code, value_usd, cast(null as decimal(20, 2)) as earlier_usd, known_from
        from periods
        union all
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            hs_level,
            frequency_code,
            cast({{ dbt.dateadd("month", 12, "period_start") }} as date),
            product_code,
            null,
            value_usd,
            known_from
        from periods
    ),

    paired as (
        select
            {{ basket }},
            product_code,
            coalesce(sum(value_usd), 0) as value_usd,
            coalesce(sum(earlier_usd), 0) as earlier_usd,
            max(known_from) as known_from
        from stacked
        group by {{ basket }}, product_code
    ),

    compared as (
        select
            paired.*,
            covered.valuation,
            covered.data_status,
            earlier_covered.period_start is not null as has_earlier,
            {{ hs_revision("paired.period_start") }} as hs_revision,
            breaks.product_code is not null
            and {{ hs_revision("paired.period_start") }}
            <> {{ hs_revision(dbt.dateadd("month", -12, "paired.period_start")) }} as is_break
        from paired
        inner join
            covered
            on covered.ledger_code = paired.ledger_code
            and covered.reporter_iso3 = paired.reporter_iso3
            and covered.partner_iso3 = paired.partner_iso3
            and covered.flow_code = paired.flow_code
            and covered.hs_level = paired.hs_level
            and covered.frequency_code = paired.frequency_code
            and covered.period_start = paired.period_start
        left join
            covered as earlier_covered
            on earlier_covered.ledger_code = paired.ledger_code
            and earlier_covered.reporter_iso3 = paired.reporter_iso3
            and earlier_covered.partner_iso3 = paired.partner_iso3
            and earlier_covered.flow_code = paired.flow_code
            and earlier_covered.hs_level = paired.hs_level
            and earlier_covered.frequency_code = paired.frequency_code
            and earlier_covered.period_start = {{ dbt.dateadd("month", -12, "paired.period_start") }}
        left join
            {{ ref("int_product_breaks") }} as breaks
            on breaks.product_code = paired.product_code
            and breaks.hs_revision = {{ hs_revision("paired.period_start") }}
        where paired.value_usd > 0 or (paired.earlier_usd > 0 and earlier_covered.period_start is not null)
    ),

    placed as (
        select
            *,
            case when has_earlier and not is_break then earlier_usd end as comparable_usd,
            sum(value_usd) over (partition by {{ basket }}) as basket_usd,
            sum(earlier_usd) over (partition by {{ basket }}) as earlier_basket_usd,
            dense_rank() over (partition by {{ basket }} order by value_usd desc) as place
        from compared
    )

select
    {{ basket }},
    hs_revision,
    product_code,
    valuation,
    {{ money("value_usd") }} as value_usd,
    {{ ratio("value_usd", "basket_usd") }} as product_share,
    cast(case when value_usd > 0 then place end as integer) as product_rank,
    {{ money("comparable_usd") }} as earlier_value_usd,
    {{ growth_pct("value_usd", "comparable_usd") }} as value_yoy_pct,
    100 * {{ ratio("value_usd - comparable_usd", "earlier_basket_usd") }} as contribution_pp,
    is_break,
    data_status,
    known_from
from placed
