{%- set months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] %}
with

    printed as (select * from {{ source("census", "country_workbook") }}),

    releases as (select * from {{ source("entrepot", "releases") }}),

    months as (
        {%- for month in months %}
            select {{ loop.index }} as month_number
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    unpivoted as (
        select
            printed._release_id as release_id,
            printed._known_from as known_from,
            printed._row_number as row_number,
            releases.period_to,
            trim(printed.year) as publisher_year,
            lpad(cast(months.month_number as {{ dbt.type_string() }}), 2, '0') as publisher_month,
            trim(printed.cty_code) as publisher_code,
            trim(printed.ctyname) as publisher_name,
            case
                months.month_number
                {% for month in months %} when {{ loop.index }} then printed.i{{ month }} {% endfor %}
            end as printed_import,
            case
                months.month_number
                {% for month in months %} when {{ loop.index }} then printed.e{{ month }} {% endfor %}
            end as printed_export
        from printed
        inner join releases on releases.release_id = printed._release_id
        cross join months
    ),

    named as (
        select
            release_id,
            known_from,
            row_number,
            period_to,
            {{ parse_month("concat(publisher_year, '-', publisher_month)") }} as period_month,
            publisher_code,
            publisher_name,
            -- Millions with the noise of binary fractions: a dollar is the finest that is meant.
            cast(round({{ parse_double("printed_import") }} * 1000000, 0) as decimal(20, 2)) as import_customs_usd,
            cast(round({{ parse_double("printed_export") }} * 1000000, 0) as decimal(20, 2)) as export_fas_usd,
            {{
                raw_record(
                    ["publisher_year", "publisher_month", "publisher_code", "printed_import", "printed_export"]
                )
            }} as raw_record
        from unpivoted
    )

select
    release_id,
    known_from,
    row_number,
    period_month,
    publisher_code,
    publisher_name,
    import_customs_usd,
    export_fas_usd,
    -- One decimal of a million until 2002, whole dollars after.
    cast(case when period_month < cast('2003-01-01' as date) then 100000 else 1 end as decimal(20, 2)) as precision_usd,
    raw_record,
    case
        when period_month is null
        then 'the month does not parse'
        when coalesce(publisher_code, '') = ''
        then 'the partner code is missing'
        when import_customs_usd is null
        then 'the import value does not parse'
        when export_fas_usd is null
        then 'the export value does not parse'
    end as quarantine_reason
from named
-- Months after the release's last one are printed as 0: they are not reports.
where period_month is null or period_month <= period_to
