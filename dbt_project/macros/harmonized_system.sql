{#- The revision of the Harmonized System in which both customs report that month. -#}
{% macro hs_revision(period_month) -%}
    case
        when {{ period_month }} >= cast('2022-01-01' as date)
        then 'HS2022'
        when {{ period_month }} >= cast('2017-01-01' as date)
        then 'HS2017'
        else 'HS2012'
    end
{%- endmacro %}

{% macro begins_with(code, prefix) -%} substr({{ code }}, 1, length({{ prefix }})) = {{ prefix }} {%- endmacro %}
