{#-
    Sectors by month, of `reports`, a relation like int_sector_reports; from `first_month` on, SQL of a date, where only
    those are wanted. Rows are joined and added up by the number of their series, much less to compare than six codes.
-#}
{% macro sector_months(reports, first_month=none) %}
    {%- set series = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "scheme_code"] %}
    {%- set series_columns = series | join(", ") %}
    with

        reports as (select * from {{ reports }}),

        totals as (select * from {{ ref("int_flow_totals") }} where frequency_code = 'month'),

        traded as (select distinct {{ series_columns }}, sector_code from reports where value_usd <> 0),

        partners as (
            select {{ series_columns }}, row_number() over (order by {{ series_columns }}) as partner_number
            from traded
            group by {{ series_columns }}
        ),

        numbered as (
            select
                traded.*,
                partners.partner_number,
                row_number() over (order by partners.partner_number, traded.sector_code) as series_number
            from traded
            inner join
                partners
                on {% for column in series %}
                    partners.{{ column }} = traded.{{ column }} {%- if not loop.last %} and {% endif %}
                {% endfor %}
        ),

        reported as (
            select
                numbered.series_number,
                reports.period_month,
                reports.valuation,
                reports.value_usd,
                reports.weight_kg,
                reports.data_status,
                reports.known_from
            from reports
            inner join
                numbered on numbered.sector_code = reports.sector_code
                {%- for column in series %} and numbered.{{ column }} = reports.{{ column }} {% endfor %}
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
            from reports
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
                numbered.series_number,
                numbered.partner_number,
                months.period_month,
                coalesce(reported.valuation, months.valuation) as valuation,
                {{ money("coalesce(reported.value_usd, 0)") }} as value_usd,
                case
                    when reported.value_usd is not null
                    then reported.weight_kg
                    when months.scheme_code = 'kcs_set'
                    then cast(0 as decimal(20, 2))
                end as weight_kg,
                coalesce(reported.data_status, months.data_status) as data_status,
                coalesce(reported.known_from, months.known_from) as known_from,
                months.is_break
            from numbered
            inner join
                months
                on months.ledger_code = numbered.ledger_code
                and months.reporter_iso3 = numbered.reporter_iso3
                and months.flow_code = numbered.flow_code
                and months.scheme_code = numbered.scheme_code
                and months.sector_code = numbered.sector_code
            left join
                reported
                on reported.series_number = numbered.series_number
                and reported.period_month = months.period_month
        ),

        mapped as (
            select
                partner_number,
                period_month,
                {{ one_valuation("valuation") }} as valuation,
                {{ money("sum(value_usd)") }} as mapped_usd,
                {{ least_settled("data_status") }} as data_status,
                max(known_from) as known_from,
                -- What left a broken sector went into the residual.
                max(is_break) as is_break
            from parts
            group by partner_number, period_month
        ),

        measured as (
            select
                {%- for column in series %} partners.{{ column }}, {% endfor %}
                mapped.*,
                totals.total_usd,
                totals.earlier_total_usd,
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

    select
        {%- for column in series %} measured.{{ column }}, {% endfor %}
        numbered.sector_code,
        parts.series_number,
        parts.period_month,
        parts.valuation,
        parts.value_usd,
        parts.weight_kg,
        parts.data_status,
        parts.known_from,
        parts.is_break,
        measured.total_usd,
        measured.earlier_total_usd,
        measured.mapped_usd
    from parts
    inner join numbered on numbered.series_number = parts.series_number
    inner join measured on measured.partner_number = parts.partner_number and measured.period_month = parts.period_month
    union all
    select
        {{ series_columns }},
        'other',
        - partner_number,
        period_month,
        valuation,
        {{ money("total_usd - mapped_usd") }},
        cast(null as decimal(20, 2)),
        {{ less_settled("data_status", "total_status") }},
        greatest(known_from, coalesce(total_known_from, known_from)),
        is_break,
        total_usd,
        earlier_total_usd,
        mapped_usd
    from measured
{% endmacro %}
