{%- set values = {
    "import_customs_usd": "gen_val_mo",
    "import_charges_usd": "gen_cha_mo",
    "consumption_import_usd": "con_val_mo",
    "consumption_charges_usd": "con_cha_mo",
    "dutiable_usd": "dut_val_mo",
    "duty_usd": "cal_dut_mo",
} %}
with

    printed as (select * from {{ source("census", "subheading_imports") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_month("time") }} as period_month,
            trim(i_commodity) as product_code,
            trim(cty_code) as publisher_code,
            {%- for name, printed_name in values.items() %}
                {{ parse_decimal(printed_name) }} as {{ name }},
            {% endfor %}
            {{ raw_record(["time", "i_commodity", "cty_code"] + values.values() | list) }} as raw_record
        from printed
    )

select
    *,
    case
        when period_month is null
        then 'the month does not parse'
        when coalesce(publisher_code, '') = ''
        then 'the partner code is missing'
        when product_code is null or not {{ matches("product_code", "^[0-9]{6}$") }}
        then 'the product code is not six digits'
        when import_customs_usd is null or consumption_import_usd is null
        then 'the import value does not parse'
        when import_charges_usd is null or consumption_charges_usd is null
        then 'the charges do not parse'
        when dutiable_usd is null or duty_usd is null
        then 'the duty does not parse'
    end as quarantine_reason
from named
