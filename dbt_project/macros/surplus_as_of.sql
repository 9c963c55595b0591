{#-
    `surplus_as_of(day)`: the rows of `surplus_monthly` as they stood at the end of that day (UTC), without the seasonally
    adjusted columns, which are kept for the latest vintage only. It lives in the published file, beside the marts it reads.
-#}
{% macro create_surplus_as_of() %} {{ surplus_as_of_in(this.schema) }} {% endmacro %}

{% macro surplus_as_of_in(schema) %}
    {%- if target.type == "duckdb" %}
        {%- set known = (
            "(select * from "
            ~ schema
            ~ ".surplus_vintages where known_from < cast(day as date) + interval 1 day and (known_to is null or known_to >= cast(day as date) + interval 1 day))"
        ) %}
        create or replace macro {{ schema }}.surplus_as_of(day) as table
        {{ surplus_measures(known, schema ~ ".dim_month", schema ~ ".working_days_monthly", schema ~ ".dim_ledger") }}
    {%- endif %}
{% endmacro %}
