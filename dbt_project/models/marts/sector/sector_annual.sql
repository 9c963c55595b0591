with

    annual as (select * from {{ ref("int_sector_annual") }}),

    compared as (
        select
            annual.*,
            earlier.value_months_count as earlier_value_months_count,
            -- A year of twelve months is compared with one of twelve months, and never across a break.
            case
                when annual.value_months_count = 12 and earlier.value_months_count = 12 and not annual.is_break
                then earlier.value_usd
            end as earlier_value_usd
        from annual
        left join
            annual as earlier
            on earlier.ledger_code = annual.ledger_code
            and earlier.reporter_iso3 = annual.reporter_iso3
            and earlier.partner_iso3 = annual.partner_iso3
            and earlier.flow_code = annual.flow_code
            and earlier.scheme_code = annual.scheme_code
            and earlier.sector_code = annual.sector_code
            and earlier.year = annual.year - 1
    ),

    ranked as (
        select
            *,
            dense_rank() over (
                partition by ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, year
                order by case when sector_code <> 'other' then value_usd end desc nulls last
            ) as place
        from compared
    )

select
    ledger_code,
    reporter_iso3,
    partner_iso3,
    flow_code,
    scheme_code,
    sector_code,
    year,
    valuation,
    value_usd,
    weight_kg,
    {{ ratio("case when value_usd > 0 then value_usd end", "weight_kg") }} as unit_value_usd_per_kg,
    {{ ratio("value_usd", "total_usd") }} as sector_share,
    cast(case when sector_code <> 'other' and value_usd > 0 then place end as integer) as sector_rank,
    earlier_value_usd,
    {{ money("value_usd - earlier_value_usd") }} as value_change_usd,
    {{ growth_pct("value_usd", "earlier_value_usd") }} as value_yoy_pct,
    case
        when total_usd is not null then 100 * {{ ratio("value_usd - earlier_value_usd", "earlier_total_usd") }}
    end as contribution_pp,
    case when earlier_value_usd is not null then value_usd > 0 and earlier_value_usd = 0 end as is_new,
    case when earlier_value_usd is not null then value_usd = 0 and earlier_value_usd > 0 end as is_gone,
    {{ ratio("mapped_usd", "total_usd") }} as mapped_coverage_share,
    is_break,
    value_months_count,
    data_status,
    known_from
from ranked
where sector_code = 'other' or value_usd > 0 or earlier_value_usd > 0
