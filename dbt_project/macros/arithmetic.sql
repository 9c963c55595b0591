{#- Division in doubles, null where the divisor is unknown or zero: never an error, never infinity. -#}
{% macro ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}

{% macro growth_pct(value, earlier) -%}(100 * ({{ ratio(value, earlier) }} - 1)) {%- endmacro %}

{% macro money(expression) -%} cast({{ expression }} as decimal(20, 2)) {%- endmacro %}

{#- Dollars and kilograms of products and sectors, of which there are many rows: 18 digits take half the room of 20. -#}
{% macro as_kept(expression) -%} cast({{ expression }} as decimal(18, 2)) {%- endmacro %}

{#- Growth of a balance means something only between two surpluses; else a word says what happened. -#}
{% macro balance_growth_pct(balance, earlier) -%}
    case when {{ earlier }} > 0 and {{ balance }} >= 0 then {{ growth_pct(balance, earlier) }} end
{%- endmacro %}

{% macro growth_note(balance, earlier) -%}
    case
        when {{ earlier }} <= 0 and {{ balance }} > 0
        then 'turned_surplus'
        when {{ earlier }} >= 0 and {{ balance }} < 0
        then 'turned_deficit'
        when {{ earlier }} < 0 and {{ balance }} < {{ earlier }}
        then 'deficit_widened'
        when {{ earlier }} < 0 and {{ balance }} >= {{ earlier }}
        then 'deficit_narrowed'
    end
{%- endmacro %}
