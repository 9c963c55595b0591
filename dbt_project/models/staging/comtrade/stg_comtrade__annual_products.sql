{%- set year -%}
    case when {{ matches("trim(period)", "^[0-9]{4}$") }} then try_cast(trim(period) as integer) end
{%- endset -%}
{{ comtrade_rows("annual_products", "year", year, "^[0-9]{4}$", "four digits") }}
