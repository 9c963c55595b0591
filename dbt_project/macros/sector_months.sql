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
    those are wanted. The sums are named twice, not in a part of their own: what two parts read, DuckDB would hold in memory,
    all of it.
-#}
{% macro sector_months(first_month=none) %}
    with

        series as (select * from {{ ref("int_sector_series") }} where series_number > 0),

        reported as (
            select
                series.series_number,
                sums.period_month,
                sums.valuation_code,
                sums.value_usd,
                sums.weight_kg,
                sums.status_code,
                sums.known_from
            from {{ ref("int_sector_sums") }} as sums
            inner join series on {{ alike(["place_number", "partner_iso3", "sector_number"], "series", "sums") }}
            {% if first_month %} where sums.period_month >= {{ first_month }} {% endif %}
        ),

        -- The months in which a sector is reported, and whether a year earlier it held other goods.
        months as (
            select
                sums.place_number,
                sums.sector_number,
                sectors.scheme_code,
                sums.period_month,
                sums.valuation_code,
                sums.status_code,
                sums.known_from,
                breaks.hs_revision is not null
                and {{ hs_revision(dbt.dateadd("month", -12, "sums.period_month")) }}
                <> {{ hs_revision("sums.period_month") }} as is_break
            from {{ ref("int_sector_sums") }} as sums
            inner join {{ ref("int_sector_numbers") }} as sectors on sectors.sector_number = sums.sector_number
            left join
                {{ ref("int_sector_breaks") }} as breaks
                on breaks.scheme_code = sectors.scheme_code
                and breaks.sector_code = sectors.sector_code
                and breaks.hs_revision = {{ hs_revision("sums.period_month") }}
            where sums.partner_iso3 = 'WLD' {% if first_month %} and sums.period_month >= {{ first_month }} {% endif %}
        )

    select
        series.series_number,
        months.period_month,
        coalesce(reported.valuation_code, months.valuation_code) as valuation_code,
        {{ as_kept("coalesce(reported.value_usd, 0)") }} as value_usd,
        case
            when reported.value_usd is not null
            then reported.weight_kg
            when months.scheme_code = 'kcs_set'
            then {{ as_kept("0") }}
        end as weight_kg,
        coalesce(reported.status_code, months.status_code) as status_code,
        coalesce(reported.known_from, months.known_from) as known_from,
        months.is_break
    from series
    inner join months on months.place_number = series.place_number and months.sector_number = series.sector_number
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
