with

    printed as (select * from {{ source("kcs", "set_exports") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            upper(trim(statcd)) as publisher_code,
            trim(statcdcntnkor1) as publisher_name,
            trim(hscd) as product_code,
            {{ parse_month("year") }} as period_month,
            {{ parse_decimal("expdlr") }} as export_fob_usd,
            {{ parse_decimal("expwgt") }} as printed_kg,
            {{ raw_record(["year", "hsCd", "statCd", "statCdCntnKor1", "expWgt", "expDlr"]) }} as raw_record
        from printed
    )

select
    release_id,
    known_from,
    row_number,
    publisher_code,
    publisher_name,
    product_code,
    period_month,
    export_fob_usd,
    {{ weight("printed_kg", "export_fob_usd") }} as export_kg,
    raw_record,
    case
        when period_month is null
        then 'the month does not parse'
        when coalesce(publisher_code, '') = ''
        then 'the partner code is missing'
        when coalesce(product_code, '') = ''
        then 'the product code is missing'
        when export_fob_usd is null
        then 'the export value does not parse'
        when printed_kg is null
        then 'the export weight does not parse'
    end as quarantine_reason
from named
