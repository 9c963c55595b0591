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
    Sectors by month, of `reports`, a relation like int_sector_reports, and of `series`, one like int_sector_series; from
    `first_month` on, SQL of a date, where only those are wanted. Rows are joined and added up by the number of their
    series, much less to compare than six codes.
-#}
{% macro sector_months(reports, series, first_month=none) %}
    {%- set places = sector_places() %}
    with

        totals as (select * from {{ ref("int_flow_months") }}),

        sectors as (select * from {{ series }} where sector_code <> 'other'),

        -- Each has one residual.
        partners as (select * from {{ series }} where sector_code = 'other'),

        reported as (
            select
                sectors.series_number,
                reports.period_month,
                reports.valuation,
                reports.value_usd,
                reports.weight_kg,
                reports.data_status,
                reports.known_from
            from {{ reports }} as reports
            inner join
                sectors on sectors.sector_code = reports.sector_code and {{ alike(places, "sectors", "reports") }}
            {% if first_month %} where reports.period_month >= {{ first_month }} {% endif %}
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
            from {{ reports }} as reports
            left join
                {{ ref("int_sector_breaks") }} as breaks
                on breaks.scheme_code = reports.scheme_code
                and breaks.sector_code = reports.sector_code
                and breaks.hs_revision = {{ hs_revision("reports.period_month") }}
            where
                reports.partner_iso3 = 'WLD'
                {% if first_month %} and reports.period_month >= {{ first_month }} {% endif %}
        ),

        parts as (
            select
                sectors.series_number,
                sectors.partner_number,
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
            from sectors
            inner join
                months
                on months.ledger_code = sectors.ledger_code
                and months.reporter_iso3 = sectors.reporter_iso3
                and months.flow_code = sectors.flow_code
                and months.scheme_code = sectors.scheme_code
                and months.sector_code = sectors.sector_code
            left join
                reported
                on reported.series_number = sectors.series_number
                and reported.period_month = months.period_month
        ),

        mapped as (
            select
                partner_number,
                period_month,
                {{ one_valuation("valuation") }} as valuation,
                {{ as_kept("sum(value_usd)") }} as mapped_usd,
                {{ least_settled("data_status") }} as data_status,
                max(known_from) as known_from,
                -- What left a broken sector went into the residual.
                max(is_break) as is_break
            from parts
            group by partner_number, period_month
        ),

        measured as (
            select
                partners.series_number,
                mapped.*,
                {{ as_kept("totals.total_usd") }} as total_usd,
                {{ as_kept("totals.earlier_total_usd") }} as earlier_total_usd,
                totals.data_status as total_status,
                totals.known_from as total_known_from
            from mapped
            inner join partners on partners.partner_number = mapped.partner_number
            left join
                totals
                on totals.ledger_code = partners.ledger_code
                and totals.reporter_iso3 = partners.reporter_iso3
                and totals.partner_iso3 = partners.partner_iso3
                and totals.flow_code = partners.flow_code
                and totals.period_start = mapped.period_month
        )

    -- What holds for all sectors of a partner stands once a month, with the residual.
    select
        series_number,
        period_month,
        valuation,
        value_usd,
        weight_kg,
        data_status,
        known_from,
        is_break,
        cast(null as decimal(18, 2)) as total_usd,
        cast(null as decimal(18, 2)) as earlier_total_usd,
        cast(null as decimal(18, 2)) as mapped_usd
    from parts
    union all
    select
        series_number,
        period_month,
        valuation,
        {{ as_kept("total_usd - mapped_usd") }},
        cast(null as decimal(18, 2)),
        {{ less_settled("data_status", "total_status") }},
        greatest(known_from, coalesce(total_known_from, known_from)),
        is_break,
        total_usd,
        earlier_total_usd,
        mapped_usd
    from measured
{% endmacro %}
