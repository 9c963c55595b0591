{#-
    The catalog is made from the texts that stand in the models' YAML: a column is a metric when its text says how it is
    computed ("Formula:") or when it is unknown ("Null:"). Nothing is typed twice. dbt knows all texts only when it runs.
-#}
{%- set rows = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() | sort(attribute="name") %}
        {%- if node.resource_type == "model" and node.schema == "marts" and node.name != "metric_catalog" %}
            {%- for column in node.columns.values() %}
                {%- if "Formula:" in column.description %}
                    {%- set text = column.description | replace("\n", " ") | replace("'", "''") %}
                    {%- set definition = text.split("Formula:")[0] | trim %}
                    {%- set rest = text.split("Formula:")[1] %}
                    {%- set formula = rest.split("Null:")[0] | trim %}
                    {%- set null_rule = rest.split("Null:")[1] | trim if "Null:" in rest else "" %}
                    {%- do rows.append([node.name, column.name, definition, formula, null_rule]) %}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
    {%- endfor %}
{%- endif %}
with

    metrics as (
        {%- for mart_name, column_name, definition, formula, null_rule in rows %}
            select
                '{{ mart_name }}' as mart_name,
                '{{ column_name }}' as column_name,
                '{{ definition }}' as definition,
                '{{ formula }}' as formula,
                nullif('{{ null_rule }}', '') as null_rule
            {% if not loop.last %}
                union all
            {% endif %}
        {%- else %}
            select
                cast(null as {{ dbt.type_string() }}) as mart_name,
                cast(null as {{ dbt.type_string() }}) as column_name,
                cast(null as {{ dbt.type_string() }}) as definition,
                cast(null as {{ dbt.type_string() }}) as formula,
                cast(null as {{ dbt.type_string() }}) as null_rule
            where 1 = 0
        {%- endfor %}
    )

select
    mart_name,
    column_name,
    definition,
    formula,
    case
        when column_name like '%_usd'
        then 'USD'
        when column_name like '%_usd_per_kg'
        then 'USD per kg'
        when column_name like '%_kg'
        then 'kg'
        when column_name like '%_pp'
        then 'percentage points'
        when column_name like '%_index'
        then 'index'
        when column_name like '%_pct'
        then 'percent'
        when column_name like '%_share' or column_name like '%_ratio'
        then 'fraction'
        when column_name like '%_count' or column_name like '%_length' or column_name like '%rank'
        then 'count'
        when column_name like '%_days'
        then 'days'
        when column_name like 'is_%' or column_name like 'has_%'
        then 'true or false'
        else 'value'
    end as unit_name,
    null_rule
from metrics
