{{ config(materialized="view") }}
-- A release holds the rows; the warehouse, what they are worked out from.
with

    series as (select * from {{ ref("int_sector_series") }}),

    residuals as (select * from {{ ref("int_sector_residuals") }}),

    measures as (
        select
            series_number,
            period_month,
            {{ valuation_word("valuation_code") }} as valuation,
            value_usd,
            weight_kg,
            earlier_value_usd,
            value_rolling_12_usd,
            is_break,
            {{ status_word("status_code") }} as data_status,
            known_from
        from {{ ref("int_sector_measures") }}
        union all
        select
            - partner_number,
            period_month,
            valuation,
            value_usd,
            cast(null as decimal(18, 2)),
            earlier_value_usd,
            value_rolling_12_usd,
            is_break,
            data_status,
            known_from
        from residuals
    ),

    named as (
        select
            series.ledger_code,
            series.reporter_iso3,
            series.partner_iso3,
            series.flow_code,
            series.scheme_code,
            series.sector_code,
            measures.period_month,
            measures.valuation,
            measures.value_usd,
            measures.weight_kg,
            measures.earlier_value_usd,
            measures.value_rolling_12_usd,
            -- What holds for all sectors of a partner stands with the residual.
            residuals.total_usd,
            residuals.earlier_total_usd,
            residuals.mapped_usd,
            measures.is_break,
            measures.data_status,
            measures.known_from
        from measures
        inner join series on series.series_number = measures.series_number
        inner join
            residuals
            on residuals.partner_number = series.partner_number
            and residuals.period_month = measures.period_month
    )

select
    ledger_code,
    reporter_iso3,
    partner_iso3,
    flow_code,
    scheme_code,
    sector_code,
    period_month,
    valuation,
    {{ money("value_usd") }} as value_usd,
    cast(weight_kg as decimal(20, 2)) as weight_kg,
    {{ ratio("case when value_usd > 0 then value_usd end", "weight_kg") }} as unit_value_usd_per_kg,
    {{ ratio("value_usd", "total_usd") }} as sector_share,
    {{ money("earlier_value_usd") }} as earlier_value_usd,
    {{ money("value_usd - earlier_value_usd") }} as value_change_usd,
    {{ growth_pct("value_usd", "earlier_value_usd") }} as value_yoy_pct,
    case
        when total_usd is not null then 100 * {{ ratio("value_usd - earlier_value_usd", "earlier_total_usd") }}
    end as contribution_pp,
    {{ money("value_rolling_12_usd") }} as value_rolling_12_usd,
    {{ ratio("mapped_usd", "total_usd") }} as mapped_coverage_share,
    is_break,
    data_status,
    known_from
from named
