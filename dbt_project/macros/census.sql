{#-
    A table of the Census Bureau by product and partner: codes of so many digits, and values in USD, by our name and the
    Bureau's. `doubts` gives what is said of a row in which one of some values does not parse.
-#}
{% macro census_products(table, code, digits, values, doubts) -%}
    with

        printed as (select * from {{ source("census", table) }}),

        named as (
            select
                _release_id as release_id,
                _known_from as known_from,
                _row_number as row_number,
                {{ parse_month("time") }} as period_month,
                trim({{ code }}) as product_code,
                trim(cty_code) as publisher_code,
                {%- for name, printed_name in values.items() %}
                    {{ parse_decimal(printed_name) }} as {{ name }},
                {% endfor %}
                {{ raw_record(["time", code, "cty_code"] + values.values() | list) }} as raw_record
            from printed
        )

    select
        *,
        case
            when period_month is null
            then 'the month does not parse'
            when coalesce(publisher_code, '') = ''
            then 'the partner code is missing'
            when product_code is null or not {{ matches("product_code", "^[0-9]{" ~ digits ~ "}$") }}
            then 'the product code is not {{ {2: "two", 6: "six"}[digits] }} digits'
            {%- for doubt, names in doubts.items() %}
                when {{ names | join(" is null or ") }} is null then '{{ doubt }}'
            {%- endfor %}
        end as quarantine_reason
    from named
{%- endmacro %}
