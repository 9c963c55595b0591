-- Sectors by calendar year. The residual is known only for a year whose every month has a total.
with

    series as (select * from {{ ref("int_sector_series") }}),

    totals as (select * from {{ ref("int_flow_years") }} where month_count = 12),

    monthly as (
        select
            series_number,
            period_month,
            {{ valuation_word("valuation_code") }} as valuation,
            value_usd,
            weight_kg,
            cast(null as decimal(18, 2)) as mapped_usd,
            is_break,
            {{ status_word("status_code") }} as data_status,
            known_from
        from {{ ref("int_sector_monthly") }}
        union all
        select
            - partner_number,
            period_month,
            valuation,
            value_usd,
            cast(null as decimal(18, 2)),
            mapped_usd,
            is_break,
            data_status,
            known_from
        from {{ ref("int_sector_residuals") }}
    ),

    summed as (
        select
            series_number,
            cast(extract(year from period_month) as integer) as year,
            {{ one_valuation("valuation") }} as valuation,
            sum(value_usd) as value_usd,
            case when count(weight_kg) = count(*) then cast(sum(weight_kg) as decimal(20, 2)) end as weight_kg,
            cast(count(value_usd) as integer) as value_months_count,
            count(value_usd) = count(*) as has_all_values,
            {{ money("sum(mapped_usd)") }} as mapped_usd,
            max(is_break) as is_break,
            {{ least_settled("data_status") }} as data_status,
            max(known_from) as known_from
        from monthly
        group by series_number, cast(extract(year from period_month) as integer)
    ),

    residuals as (select - series_number as partner_number, year, mapped_usd from summed where series_number < 0),

    annual as (
        select
            series.ledger_code,
            series.reporter_iso3,
            series.partner_iso3,
            series.flow_code,
            series.scheme_code,
            series.sector_code,
            summed.year,
            summed.valuation,
            case
                when series.sector_code <> 'other' or summed.has_all_values then {{ money("summed.value_usd") }}
            end as value_usd,
            summed.weight_kg,
            summed.value_months_count,
            residuals.mapped_usd,
            summed.is_break,
            summed.data_status,
            summed.known_from
        from summed
        inner join series on series.series_number = summed.series_number
        inner join residuals on residuals.partner_number = series.partner_number and residuals.year = summed.year
    )

select
    annual.*,
    case when annual.value_months_count = 12 then totals.total_usd end as total_usd,
    case when annual.value_months_count = 12 then totals.earlier_total_usd end as earlier_total_usd,
    case when annual.value_months_count = 12 then totals.total_yoy_pct end as total_yoy_pct
from annual
left join
    totals
    on totals.ledger_code = annual.ledger_code
    and totals.reporter_iso3 = annual.reporter_iso3
    and totals.partner_iso3 = annual.partner_iso3
    and totals.flow_code = annual.flow_code
    and totals.period_start = cast(concat(cast(annual.year as {{ dbt.type_string() }}), '-01-01') as date)
