{{ kept_unless("forget_changed_sectors()") }}
-- depends_on: {{ ref('int_sector_changes') }}
-- depends_on: {{ ref('int_sector_reports') }}
-- depends_on: {{ ref('int_sector_breaks') }}
-- depends_on: {{ ref('int_sector_series') }}
-- depends_on: {{ ref('int_flow_months') }}
{%- set places = sector_places() %}
{%- set is_of_changes = reads_changed_rows_only() %}
{%- set of_series = "partition by " ~ ("is_moved, " if is_of_changes else "") ~ "series_number order by period_month" %}
{%- set last_12_months = of_series ~ " rows between 11 preceding and current row" %}
{%- set last_13_months = of_series ~ " rows between 12 preceding and current row" %}
-- What is kept of a sector's months; sector_monthly works out the rest where it is read.
with

    {% if is_of_changes %}
        series as (select * from {{ ref("int_sector_series") }}),

        moved_months as (select * from {{ ref("int_sector_changes") }} where period_month is not null),

        moved_partners as (select * from {{ ref("int_sector_changes") }} where partner_iso3 is not null),

        moved_series as (
            select series.* from series inner join moved_partners on {{ alike(places, "moved_partners", "series") }}
        ),

        -- With the world, which tells what months there are.
        moved_reports as (
            select reports.*
            from {{ ref("int_sector_reports") }} as reports
            inner join
                (select distinct ledger_code, reporter_iso3, flow_code, scheme_code from moved_partners) as moved
                on moved.ledger_code = reports.ledger_code
                and moved.reporter_iso3 = reports.reporter_iso3
                and moved.flow_code = reports.flow_code
                and moved.scheme_code = reports.scheme_code
            left join moved_partners on {{ alike(places, "moved_partners", "reports") }}
            where moved_partners.ledger_code is not null or reports.partner_iso3 = 'WLD'
        ),

        monthly as (
            select recent.*, false as is_moved
            from
                (
                    {{ sector_months(ref("int_sector_reports"), ref("int_sector_series"), first_month_looked_at()) }}
                ) as recent
            union all
            select moved.*, true
            from ({{ sector_months("moved_reports", "moved_series") }}) as moved
        ),
    {% else %} monthly as (select * from {{ ref("int_sector_monthly") }}),
    {% endif %}

    -- Without names: the windows have to hold every row at once.
    windowed as (
        select
            {% if is_of_changes %} is_moved, {% endif %}
            series_number,
            period_month,
            valuation,
            value_usd,
            weight_kg,
            total_usd,
            earlier_total_usd,
            mapped_usd,
            is_break,
            data_status,
            known_from,
            case
                when
                    not is_break
                    and lag(period_month, 12) over ({{ of_series }}) = {{ dbt.dateadd("month", -12, "period_month") }}
                then lag(value_usd, 12) over ({{ of_series }})
            end as earlier_value_usd,
            case
                when
                    count(value_usd) over ({{ last_12_months }}) = 12
                    and min(period_month) over ({{ last_12_months }}) = {{ dbt.dateadd("month", -11, "period_month") }}
                then {{ as_kept("sum(value_usd) over (" ~ last_12_months ~ ")") }}
            end as value_rolling_12_usd,
            max(case when value_usd <> 0 then period_month end) over ({{ last_13_months }}) as last_traded_month
        from monthly
    )

select
    windowed.series_number,
    windowed.period_month,
    windowed.valuation,
    windowed.value_usd,
    windowed.weight_kg,
    windowed.total_usd,
    windowed.earlier_total_usd,
    windowed.mapped_usd,
    windowed.earlier_value_usd,
    windowed.value_rolling_12_usd,
    windowed.is_break,
    windowed.data_status,
    windowed.known_from
from windowed
{% if is_of_changes %}
    inner join series on series.series_number = windowed.series_number
    left join
        moved_months
        on moved_months.ledger_code = series.ledger_code
        and moved_months.reporter_iso3 = series.reporter_iso3
        and moved_months.period_month = windowed.period_month
    left join moved_series on moved_series.series_number = windowed.series_number
{% endif %}
-- A sector stands here while it traded in the month or in one of the twelve before; a residual, always.
where
    (
        windowed.series_number < 0
        or windowed.last_traded_month >= {{ dbt.dateadd("month", -12, "windowed.period_month") }}
    )
    {% if is_of_changes %}
        and (windowed.is_moved or (moved_series.series_number is null and moved_months.ledger_code is not null))
    {% endif %}
