{{ config(materialized="view") }}
{%- set new_year = "cast(concat(cast(year as " ~ dbt.type_string() ~ "), '-01-01') as date)" %}
-- What the parts of sectors are measured against, year by year.
{{ flow_totals(ref("surplus_annual"), "year", new_year, "{flow}_months_count") }}
