{#- Words of a fixed list by number, for tables of which a column of words takes more time than all their numbers. -#}
{% macro number_of(word, words) -%}
    cast(case {{ word }} {% for one in words %} when '{{ one }}' then {{ loop.index }} {% endfor %} end as tinyint)
{%- endmacro %}

{% macro word_of(number, words) -%}
    case {{ number }} {% for one in words %} when {{ loop.index }} then '{{ one }}' {% endfor %} end
{%- endmacro %}
