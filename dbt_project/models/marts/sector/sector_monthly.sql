{%- set series = "partition by series_number order by period_month" %}
{%- set last_12_months = series ~ " rows between 11 preceding and current row" %}
{%- set last_13_months = series ~ " rows between 12 preceding and current row" %}
with

    monthly as (select * from {{ ref("int_sector_monthly") }}),

    windowed as (
        select
            *,
            case
                when
                    not is_break
                    and lag(period_month, 12) over ({{ series }}) = {{ dbt.dateadd("month", -12, "period_month") }}
                then lag(value_usd, 12) over ({{ series }})
            end as earlier_value_usd,
            case
                when
                    count(value_usd) over ({{ last_12_months }}) = 12
                    and min(period_month) over ({{ last_12_months }}) = {{ dbt.dateadd("month", -11, "period_month") }}
                then {{ money("sum(value_usd) over (" ~ last_12_months ~ ")") }}
            end as value_rolling_12_usd,
            max(case when value_usd <> 0 then period_month end) over ({{ last_13_months }}) as last_traded_month
        from monthly
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
    value_usd,
    weight_kg,
    {{ ratio("case when value_usd > 0 then value_usd end", "weight_kg") }} as unit_value_usd_per_kg,
    {{ ratio("value_usd", "total_usd") }} as sector_share,
    earlier_value_usd,
    {{ money("value_usd - earlier_value_usd") }} as value_change_usd,
    {{ growth_pct("value_usd", "earlier_value_usd") }} as value_yoy_pct,
    case
        when total_usd is not null then 100 * {{ ratio("value_usd - earlier_value_usd", "earlier_total_usd") }}
    end as contribution_pp,
    value_rolling_12_usd,
    {{ ratio("mapped_usd", "total_usd") }} as mapped_coverage_share,
    is_break,
    data_status,
    known_from
from windowed
-- A sector stands here while it traded in the month or in one of the twelve before.
where sector_code = 'other' or last_traded_month >= {{ dbt.dateadd("month", -12, "period_month") }}
