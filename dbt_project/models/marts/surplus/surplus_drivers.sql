{%- set period = "ledger_code, reporter_iso3, partner_iso3, flow_code, comparison_code, period_start, scheme_code" %}
with

    totals as (select * from {{ ref("int_flow_totals") }}),

    monthly as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            'month_on_year' as comparison_code,
            'month' as frequency_code,
            period_month as period_start,
            scheme_code,
            sector_code,
            value_usd,
            earlier_value_usd,
            value_change_usd,
            contribution_pp,
            is_break,
            data_status,
            known_from
        from {{ ref("sector_monthly") }}
    ),

    annual as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            'year_on_year' as comparison_code,
            'year' as frequency_code,
            cast(concat(cast(year as {{ dbt.type_string() }}), '-01-01') as date) as period_start,
            scheme_code,
            sector_code,
            value_usd,
            earlier_value_usd,
            value_change_usd,
            contribution_pp,
            is_break,
            data_status,
            known_from
        from {{ ref("sector_annual") }}
    ),

    compared as (
        select *
        from monthly
        union all
        select *
        from annual
    ),

    -- Only where the parts and the total are both known, so that what is listed is the whole change.
    placed as (
        select compared.*, totals.total_yoy_pct, sign(totals.total_usd - totals.earlier_total_usd) as direction
        from compared
        inner join
            totals
            on totals.ledger_code = compared.ledger_code
            and totals.reporter_iso3 = compared.reporter_iso3
            and totals.partner_iso3 = compared.partner_iso3
            and totals.flow_code = compared.flow_code
            and totals.frequency_code = compared.frequency_code
            and totals.period_start = compared.period_start
        where
            totals.total_usd is not null
            and totals.earlier_total_usd is not null
            and (compared.value_usd <> 0 or coalesce(compared.earlier_value_usd, 1) <> 0)
    ),

    ranked as (
        select
            *,
            rank() over (partition by {{ period }} order by value_usd desc nulls last) as level_place,
            rank() over (
                partition by {{ period }} order by direction * value_change_usd desc nulls last
            ) as change_place,
            count(value_change_usd) over (partition by {{ period }}) as known_changes
        from placed
    )

select
    {{ period }},
    sector_code,
    value_usd,
    earlier_value_usd,
    value_change_usd,
    {{ money("case flow_code when 'export' then value_change_usd else -value_change_usd end") }}
    as balance_contribution_usd,
    contribution_pp,
    case when abs(total_yoy_pct) >= 0.5 then contribution_pp / total_yoy_pct end as growth_share,
    cast(level_place as integer) as level_rank,
    cast(case when value_change_usd is not null then change_place end as integer) as change_rank,
    is_break,
    data_status,
    known_from
from ranked
where known_changes > 0
