with

    printed as (select * from {{ source("census", "duty_collected") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_month("time") }} as period_month,
            trim(i_commodity) as product_code,
            trim(cty_code) as publisher_code,
            {{ parse_decimal("con_val_mo") }} as consumption_import_usd,
            {{ parse_decimal("cal_dut_mo") }} as duty_usd,
            {{ raw_record(["time", "i_commodity", "cty_code", "con_val_mo", "cal_dut_mo"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when period_month is null
        then 'the month does not parse'
        when coalesce(publisher_code, '') = ''
        then 'the partner code is missing'
        when product_code is null or not {{ matches("product_code", "^[0-9]{2}$") }}
        then 'the product code is not two digits'
        when consumption_import_usd is null
        then 'the import value does not parse'
        when duty_usd is null
        then 'the duty does not parse'
    end as quarantine_reason
from named
