{%- set series = "partition by ledger_code, flow_code, breakdown_code, item_code" %}
{%- set past = series ~ ", window_code order by period_month rows between unbounded preceding and 1 preceding" %}
{%- set fewest_months = 12 %}
with

    current_figures as (
        select *, case window_code when 'first_10_days' then 1 when 'first_20_days' then 2 else 3 end as window_number
        from {{ ref("int_flash_observations") }}
        where known_to is null
    ),

    stepped as (
        select
            *,
            lag(window_number) over ({{ series }}, period_month order by window_number) as earlier_window_number,
            lag(cumulative_usd) over ({{ series }}, period_month order by window_number) as earlier_window_usd
        from current_figures
    ),

    averaged as (
        select
            stepped.*,
            case
                when stepped.window_number = 1
                then stepped.cumulative_usd
                when stepped.earlier_window_number = stepped.window_number - 1
                then {{ money("stepped.cumulative_usd - stepped.earlier_window_usd") }}
            end as increment_usd,
            days.working_days,
            {{ money(ratio("stepped.cumulative_usd", "days.working_days")) }} as daily_average_usd
        from stepped
        left join
            {{ ref("working_days_to_date") }} as days
            on days.reporter_iso3 = stepped.reporter_iso3
            and days.period_month = stepped.period_month
            and days.window_code = stepped.window_code
    ),

    -- The month's figure in the ledger's monthly tables, which know no group of countries and none of these goods.
    compared as (
        select
            averaged.*,
            {{ growth_pct("averaged.cumulative_usd", "earlier.cumulative_usd") }} as cumulative_yoy_pct,
            {{ growth_pct("averaged.daily_average_usd", "earlier.daily_average_usd") }} as daily_average_yoy_pct,
            months.total_usd as month_usd,
            {{ growth_pct("averaged.cumulative_usd", "months.total_usd") }} as month_gap_pct,
            {{ growth_pct("averaged.cumulative_usd", "earlier.cumulative_usd") }}
            - months.total_yoy_pct as month_yoy_gap_pp
        from averaged
        left join
            averaged as earlier
            on earlier.ledger_code = averaged.ledger_code
            and earlier.flow_code = averaged.flow_code
            and earlier.breakdown_code = averaged.breakdown_code
            and earlier.item_code = averaged.item_code
            and earlier.window_code = averaged.window_code
            and earlier.period_month = cast({{ dbt.dateadd("month", -12, "averaged.period_month") }} as date)
        left join
            {{ ref("int_flow_totals") }} as months
            on months.ledger_code = averaged.ledger_code
            and months.reporter_iso3 = averaged.reporter_iso3
            and months.partner_iso3 = averaged.partner_iso3
            and months.flow_code = averaged.flow_code
            and months.frequency_code = 'month'
            and months.period_start = averaged.period_month
    )

select
    ledger_code,
    reporter_iso3,
    flow_code,
    breakdown_code,
    item_code,
    item_name,
    partner_iso3,
    period_month,
    window_code,
    valuation,
    cumulative_usd,
    increment_usd,
    working_days,
    daily_average_usd,
    cumulative_yoy_pct,
    daily_average_yoy_pct,
    month_usd,
    month_gap_pct,
    month_yoy_gap_pp,
    case
        when count(month_gap_pct) over ({{ past }}) >= {{ fewest_months }} then avg(month_gap_pct) over ({{ past }})
    end as past_month_gap_pct,
    case
        when count(month_yoy_gap_pp) over ({{ past }}) >= {{ fewest_months }}
        then avg(month_yoy_gap_pp) over ({{ past }})
    end as past_month_yoy_gap_pp,
    cast(count(month_gap_pct) over ({{ past }}) as bigint) as past_month_count,
    first_cumulative_usd,
    vintage_number,
    first_known_at_utc,
    data_status,
    known_from
from compared
