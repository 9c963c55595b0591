{#- Text as publishers print it → a value, or null where it is not one. Nothing is guessed: `1e3`, `1_000` and `1,5` are not numbers here. -#}
{% macro matches(text, pattern) -%}
    {%- if target.type == "spark" -%} {{ text }} rlike '{{ pattern }}'
    {%- else -%} regexp_matches({{ text }}, '{{ pattern }}')
    {%- endif -%}
{%- endmacro %}

{#- Finer digits than the scale are refused, not rounded away. Most numbers are plain digits, and cost half as much so. -#}
{% macro parse_decimal(text, scale=2) -%}
    {%- set fraction = "([.][0-9]{1," ~ scale ~ "})?" if scale else "" %}
    case
        when {{ matches(text, "^-?[0-9]+" ~ fraction ~ "$") }}
        then try_cast({{ text }} as decimal(18, {{ scale }}))
        when {{ matches("trim(" ~ text ~ ")", "^-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)" ~ fraction ~ "$") }}
        then try_cast(replace(trim({{ text }}), ',', '') as decimal(18, {{ scale }}))
    end
{%- endmacro %}

{#- A cell of a spreadsheet, which holds a binary fraction and may be printed as 2e-06. -#}
{% macro parse_double(text) -%}
    case
        when {{ matches("trim(" ~ text ~ ")", "^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$") }}
        then try_cast(trim({{ text }}) as double)
    end
{%- endmacro %}

{#- A month printed as year and month with one separator, such as 2025.03 or 2025-03. -#}
{% macro parse_month(text) -%}
    case
        when {{ matches("trim(" ~ text ~ ")", "^[0-9]{4}[.-][0-9]{2}$") }}
        then try_cast(concat(substr(trim({{ text }}), 1, 4), '-', substr(trim({{ text }}), 6, 2), '-01') as date)
    end
{%- endmacro %}

{#- A weight of 0 beside a value was not weighed: unknown, not nothing. -#}
{% macro weight(printed_kg, value) -%}
    case when {{ printed_kg }} > 0 or {{ value }} = 0 then {{ printed_kg }} end
{%- endmacro %}

{#- A day printed as 2025-03-31. -#}
{% macro parse_date(text) -%}
    case
        when {{ matches("trim(" ~ text ~ ")", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$") }} then try_cast(trim({{ text }}) as date)
    end
{%- endmacro %}

{#- The row as it was printed, for the quarantine: values in the publisher's order, a null as `null`. -#}
{% macro raw_record(columns) -%}
    concat(
        {%- for column in columns %}
            '{{ column }}=', coalesce({{ column }}, 'null') {%- if not loop.last %}, '; ', {% endif %}
        {%- endfor %}
    )
{%- endmacro %}
