with

    printed as (select * from {{ source("kcs", "subheading_exports") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            trim(hscode) as product_code,
            {{ parse_month("year") }} as period_month,
            {{ parse_decimal("expdlr") }} as export_fob_usd,
            {{ raw_record(["year", "hsCode", "expDlr"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when period_month is null
        then 'the month does not parse'
        when product_code is null or not {{ matches("product_code", "^[0-9]{6}$") }}
        then 'the product code is not six digits'
        when export_fob_usd is null
        then 'the export value does not parse'
    end as quarantine_reason
from named
