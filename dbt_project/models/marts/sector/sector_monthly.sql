{{ config(materialized="view") }}
{%- set place = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "scheme_code", "period_month"] %}
-- A release holds the rows; the warehouse, what they are worked out from.
with

    measures as (select * from {{ ref("int_sector_measures") }}),

    totals as (
        select {{ place | join(", ") }}, total_usd, earlier_total_usd, mapped_usd
        from measures
        where sector_code = 'other'
    ),

    beside_totals as (
        select
            measures.*,
            totals.total_usd as whole_usd,
            totals.earlier_total_usd as earlier_whole_usd,
            totals.mapped_usd as parts_usd
        from measures
        left join
            totals
            on {% for column in place %}
                totals.{{ column }} = measures.{{ column }} {% if not loop.last %} and {% endif %}
            {% endfor %}
    )

select
    {%- for column in place[:-1] %} {{ column }}, {% endfor %}
    sector_code,
    period_month,
    valuation,
    {{ money("value_usd") }} as value_usd,
    cast(weight_kg as decimal(20, 2)) as weight_kg,
    {{ ratio("case when value_usd > 0 then value_usd end", "weight_kg") }} as unit_value_usd_per_kg,
    {{ ratio("value_usd", "whole_usd") }} as sector_share,
    {{ money("earlier_value_usd") }} as earlier_value_usd,
    {{ money("value_usd - earlier_value_usd") }} as value_change_usd,
    {{ growth_pct("value_usd", "earlier_value_usd") }} as value_yoy_pct,
    case
        when whole_usd is not null then 100 * {{ ratio("value_usd - earlier_value_usd", "earlier_whole_usd") }}
    end as contribution_pp,
    {{ money("value_rolling_12_usd") }} as value_rolling_12_usd,
    {{ ratio("parts_usd", "whole_usd") }} as mapped_coverage_share,
    is_break,
    data_status,
    known_from
from beside_totals
