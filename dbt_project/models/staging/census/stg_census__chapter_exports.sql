with

    printed as (select * from {{ source("census", "chapter_exports") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_month("time") }} as period_month,
            trim(e_commodity) as product_code,
            trim(cty_code) as publisher_code,
            {{ parse_decimal("all_val_mo") }} as export_fas_usd,
            {{ raw_record(["time", "e_commodity", "cty_code", "all_val_mo"]) }} as raw_record
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
        when export_fas_usd is null
        then 'the export value does not parse'
    end as quarantine_reason
from named
