{#- The columns that say whose sectors they are: each set of values has its own residual. -#}
{% macro sector_places() -%}
    {{- return(["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "scheme_code"]) -}}
{%- endmacro %}

{#- Two relations joined on columns of the same names. -#}
{% macro alike(columns, left, right) -%}
    {%- for column in columns %}
        {{ left }}.{{ column }} = {{ right }}.{{ column }} {%- if not loop.last %} and {% endif %}
    {%- endfor -%}
{%- endmacro %}

{#-
    Each sector a partner ever traded, in each month its table reports on; from `first_month` on, SQL of a date, where only
    those are wanted. Rows are joined by the number of their series, much less to compare than six codes.
-#}
{% macro sector_months(first_month=none) %}
    with

        series as (select * from {{ ref("int_sector_series") }} where series_number > 0),

        reports as (
            select *
            from {{ ref("int_sector_reports") }}
            {% if first_month %} where period_month >= {{ first_month }} {% endif %}
        ),

        reported as (
            select
                series.series_number,
                reports.period_month,
                reports.valuation,
                reports.value_usd,
                reports.weight_kg,
                reports.data_status,
                reports.known_from
            from reports
            inner join
                series on series.sector_code = reports.sector_code and {{ alike(sector_places(), "series", "reports") }}
        ),

        -- The months in which a sector is reported, and whether a year earlier it held other goods.
        months as (
            select
                reports.ledger_code,
                reports.reporter_iso3,
                reports.flow_code,
                reports.scheme_code,
                reports.sector_code,
                reports.period_month,
                reports.valuation,
                reports.data_status,
                reports.known_from,
                breaks.hs_revision is not null
                and {{ hs_revision(dbt.dateadd("month", -12, "reports.period_month")) }}
                <> {{ hs_revision("reports.period_month") }} as is_break
            from reports
            left join
                {{ ref("int_sector_breaks") }} as breaks
                on breaks.scheme_code = reports.scheme_code
                and breaks.sector_code = reports.sector_code
                and breaks.hs_revision = {{ hs_revision("reports.period_month") }}
            where reports.partner_iso3 = 'WLD'
        )

    select
        series.series_number,
        months.period_month,
        coalesce(reported.valuation, months.valuation) as valuation,
        {{ as_kept("coalesce(reported.value_usd, 0)") }} as value_usd,
        case
            when reported.value_usd is not null
            then reported.weight_kg
            when months.scheme_code = 'kcs_set'
            then {{ as_kept("0") }}
        end as weight_kg,
        coalesce(reported.data_status, months.data_status) as data_status,
        coalesce(reported.known_from, months.known_from) as known_from,
        months.is_break
    from series
    inner join
        months
        on months.ledger_code = series.ledger_code
        and months.reporter_iso3 = series.reporter_iso3
        and months.flow_code = series.flow_code
        and months.scheme_code = series.scheme_code
        and months.sector_code = series.sector_code
    left join reported on reported.series_number = series.series_number and reported.period_month = months.period_month
{% endmacro %}

{#- Of what is kept by month: the row twelve rows before, where that is the same month a year earlier. -#}
{% macro value_a_year_earlier(window) -%}
    case
        when
            not is_break and lag(period_month, 12) over ({{ window }}) = {{ dbt.dateadd("month", -12, "period_month") }}
        then lag(value_usd, 12) over ({{ window }})
    end
{%- endmacro %}

{#- The sum of twelve months in a row. -#}
{% macro value_of_twelve_months(window) -%}
    {%- set last_12_months = window ~ " rows between 11 preceding and current row" -%}
    case
        when
            lag(period_month, 11) over ({{ window }}) = {{ dbt.dateadd("month", -11, "period_month") }}
            and count(value_usd) over ({{ last_12_months }}) = 12
        then {{ as_kept("sum(value_usd) over (" ~ last_12_months ~ ")") }}
    end
{%- endmacro %}
