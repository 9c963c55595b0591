{{ kept_unless("forget_changed_sectors()") }}
-- depends_on: {{ ref('int_sector_changes') }}
-- depends_on: {{ ref('int_sector_reports') }}
-- depends_on: {{ ref('int_sector_breaks') }}
-- depends_on: {{ ref('int_flow_totals') }}
{%- set partners = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "scheme_code"] %}
{%- set is_of_changes = reads_changes_only() %}
{%- set series = "partition by " ~ ("is_moved, " if is_of_changes else "") ~ "series_number order by period_month" %}
{%- set last_12_months = series ~ " rows between 11 preceding and current row" %}
{%- set last_13_months = series ~ " rows between 12 preceding and current row" %}
with

    {% if is_of_changes %}
        moved_months as (select * from {{ ref("int_sector_changes") }} where period_month is not null),

        moved_partners as (select * from {{ ref("int_sector_changes") }} where partner_iso3 is not null),

        -- With the world, which tells what months there are.
        reports_of_moved as (
            select reports.*
            from {{ ref("int_sector_reports") }} as reports
            inner join
                (select distinct ledger_code, reporter_iso3, flow_code, scheme_code from moved_partners) as moved
                on moved.ledger_code = reports.ledger_code
                and moved.reporter_iso3 = reports.reporter_iso3
                and moved.flow_code = reports.flow_code
                and moved.scheme_code = reports.scheme_code
            left join
                moved_partners
                on {% for column in partners %}
                    moved_partners.{{ column }} = reports.{{ column }} {% if not loop.last %} and {% endif %}
                {% endfor %}
            where moved_partners.ledger_code is not null or reports.partner_iso3 = 'WLD'
        ),

        monthly as (
            select recent.*, false as is_moved
            from ({{ sector_months(ref("int_sector_reports"), first_month_looked_at()) }}) as recent
            union all
            select moved.*, true
            from ({{ sector_months("reports_of_moved") }}) as moved
        ),
    {% else %} monthly as (select * from {{ ref("int_sector_monthly") }}),
    {% endif %}

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
    windowed.ledger_code,
    windowed.reporter_iso3,
    windowed.partner_iso3,
    windowed.flow_code,
    windowed.scheme_code,
    sector_code,
    windowed.period_month,
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
{% if is_of_changes %}
    left join
        moved_months
        on moved_months.ledger_code = windowed.ledger_code
        and moved_months.reporter_iso3 = windowed.reporter_iso3
        and moved_months.period_month = windowed.period_month
    left join
        moved_partners
        on {% for column in partners %}
            moved_partners.{{ column }} = windowed.{{ column }} {% if not loop.last %} and {% endif %}
        {% endfor %}
{% endif %}
-- A sector stands here while it traded in the month or in one of the twelve before.
where
    (sector_code = 'other' or last_traded_month >= {{ dbt.dateadd("month", -12, "windowed.period_month") }})
    {% if is_of_changes %}
        and is_moved = (moved_partners.ledger_code is not null) and (is_moved or moved_months.ledger_code is not null)
    {% endif %}
