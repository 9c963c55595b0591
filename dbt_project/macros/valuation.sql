{#-
    How what is added up is valued: as its parts are where all are alike, else `mixed`. `is_counted` leaves out the rows
    that add nothing; where none does, all speak.
-#}
{% macro one_valuation(valuation, is_counted="true") -%}
    {%- set counted = "case when " ~ is_counted ~ " then " ~ valuation ~ " end" -%}
    case
        when min({{ counted }}) <> max({{ counted }})
        then 'mixed'
        else coalesce(max({{ counted }}), max({{ valuation }}))
    end
{%- endmacro %}
