{#- Herfindahl and Hirschman's index from 1/N (all alike) to 1 (one has all), and the same from 0 to 1. -#}
{% macro hhi(share) -%} sum({{ share }} * {{ share }}) {%- endmacro %}

{% macro hhi_normalised(hhi, possible_count) -%}
    case
        when {{ possible_count }} > 1
        then ({{ hhi }} - 1 / cast({{ possible_count }} as double)) / (1 - 1 / cast({{ possible_count }} as double))
    end
{%- endmacro %}
