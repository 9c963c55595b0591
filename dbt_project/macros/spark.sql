{#- A contract's `varchar` is Spark's `string`: it knows a varchar only with a length. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- set kind = "string" if column.data_type == "varchar" else column.data_type -%}
        {%- do translated.update({name: dict(column, data_type=kind)}) -%}
    {%- endfor -%}
    {{- return(default__get_empty_schema_sql(translated)) -}}
{%- endmacro %}

{#- The macros of a release whose marts Spark made: the post-hooks made none there. Run on the DuckDB file that holds the marts. -#}
{% macro create_published_macros() -%}
    {%- do run_query(surplus_as_of_in("marts")) -%} {%- do run_query(tariff_as_of_in("marts")) -%}
{%- endmacro %}
