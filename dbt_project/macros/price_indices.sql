{#-
    Price indices of matched items from a value and a quantity in two periods, to be used in an aggregate: v1, q1 now and v0, q0
    a year earlier. Unit values are value by quantity. Factor reversal: fisher price × fisher volume = value now / value earlier.
-#}
{% macro laspeyres_price(v1, q1, v0, q0) -%}
    {{ ratio("sum(" ~ ratio(v1, q1) ~ " * " ~ q0 ~ ")", "sum(" ~ v0 ~ ")") }}
{%- endmacro %}

{% macro paasche_price(v1, q1, v0, q0) -%}
    {{ ratio("sum(" ~ v1 ~ ")", "sum(" ~ ratio(v0, q0) ~ " * " ~ q1 ~ ")") }}
{%- endmacro %}

{#- Bennet's split of a change in value: price effect + volume effect = value now − value earlier, item by item. -#}
{% macro price_effect(v1, q1, v0, q0) -%}
    sum(0.5 * (cast({{ q0 }} as double) + cast({{ q1 }} as double)) * ({{ ratio(v1, q1) }} - {{ ratio(v0, q0) }}))
{%- endmacro %}

{% macro volume_effect(v1, q1, v0, q0) -%}
    sum(0.5 * ({{ ratio(v0, q0) }} + {{ ratio(v1, q1) }}) * (cast({{ q1 }} as double) - cast({{ q0 }} as double)))
{%- endmacro %}
