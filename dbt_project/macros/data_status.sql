{#- The least settled of several statuses: a sum is no better known than its weakest part. -#}
{% macro least_settled(status) -%}
    {%- set ladder = ["flash", "preliminary", "confirmed", "final", "revised"] -%}
    case
        min(case {{ status }} {% for step in ladder %} when '{{ step }}' then {{ loop.index }} {% endfor %} end)
        {% for step in ladder %} when {{ loop.index }} then '{{ step }}' {% endfor %}
    end
{%- endmacro %}

{#- The less settled of two statuses; the known one where the other is null. -#}
{% macro less_settled(status, other_status) -%}
    {%- set ladder = ["flash", "preliminary", "confirmed", "final", "revised"] -%}
    case
        least(
            case {{ status }} {% for step in ladder %} when '{{ step }}' then {{ loop.index }} {% endfor %} end,
            case {{ other_status }} {% for step in ladder %} when '{{ step }}' then {{ loop.index }} {% endfor %} end
        )
        {% for step in ladder %} when {{ loop.index }} then '{{ step }}' {% endfor %}
    end
{%- endmacro %}
