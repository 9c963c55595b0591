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

{% macro valuations() -%} {{- return(["cif", "customs", "fas", "fob", "unstated", "mixed"]) -}} {%- endmacro %}

{% macro valuation_code(word) -%} {{ number_of(word, valuations()) }} {%- endmacro %}

{% macro valuation_word(number) -%} {{ word_of(number, valuations()) }} {%- endmacro %}

{% macro one_valuation_code(number) -%}
    case when min({{ number }}) <> max({{ number }}) then {{ valuation_code("'mixed'") }} else max({{ number }}) end
{%- endmacro %}
