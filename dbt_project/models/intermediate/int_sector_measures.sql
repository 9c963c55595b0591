{{ kept_unless("forget_changed_sectors()") }}
-- depends_on: {{ ref('int_sector_changes') }}
-- depends_on: {{ ref('int_sector_sums') }}
-- depends_on: {{ ref('int_sector_numbers') }}
-- depends_on: {{ ref('int_sector_breaks') }}
-- depends_on: {{ ref('int_sector_series') }}
{%- set is_of_changes = reads_changed_rows_only() %}
{%- set of_series = "partition by series_number order by period_month" %}
{%- set last_13_months = of_series ~ " rows between 12 preceding and current row" %}
-- What is kept of a sector's months; sector_monthly works out the rest where it is read.
with

    {% if is_of_changes %}
        monthly as ({{ sector_months(first_month_looked_at("of_products")) }}),

        moved as ({{ moved_months("series_number", "changes.of_products") }}),
    {% else %} monthly as (select * from {{ ref("int_sector_monthly") }}),
    {% endif %}

    -- Without names: the windows have to hold every row at once.
    windowed as (
        select
            *,
            {{ value_a_year_earlier(of_series) }} as earlier_value_usd,
            {{ value_of_twelve_months(of_series) }} as value_rolling_12_usd,
            max(case when value_usd <> 0 then period_month end) over ({{ last_13_months }}) as last_traded_month
        from monthly
    )

select
    windowed.series_number,
    windowed.period_month,
    windowed.valuation_code,
    windowed.value_usd,
    windowed.weight_kg,
    windowed.earlier_value_usd,
    windowed.value_rolling_12_usd,
    windowed.is_break,
    windowed.status_code,
    windowed.known_from
from windowed
{% if is_of_changes %}
    inner join moved on moved.series_number = windowed.series_number and moved.period_month = windowed.period_month
{% endif %}
-- A sector stands here while it traded in the month or in one of the twelve before.
where windowed.last_traded_month >= {{ dbt.dateadd("month", -12, "windowed.period_month") }}
