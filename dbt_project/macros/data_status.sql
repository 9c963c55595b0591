{#- The least settled of several statuses: a sum is no better known than its weakest part. -#}
{% macro least_settled(status) -%}
    {%- set ladder = ["flash", "preliminary", "confirmed", "final", "revised"] -%}
    case
        min(case {{ status }} {% for step in ladder %} when '{{ step }}' then {{ loop.index }} {% endfor %} end)
        {% for step in ladder %} when {{ loop.index }} then '{{ step }}' {% endfor %}
    end
{%- endmacro %}
