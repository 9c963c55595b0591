with

    printed as (select * from {{ source("kcs", "item_trade") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            upper(trim(statcd)) as publisher_code,
            trim(hscd) as product_code,
            {{ parse_month("year") }} as period_month,
            {{ parse_decimal("expdlr") }} as export_fob_usd,
            {{ parse_decimal("expwgt") }} as printed_export_kg,
            {{ parse_decimal("impdlr") }} as import_cif_usd,
            {{ parse_decimal("impwgt") }} as printed_import_kg,
            {{ raw_record(["year", "hsCd", "statCd", "expWgt", "expDlr", "impWgt", "impDlr"]) }} as raw_record
        from printed
        -- The grand total of the partner and month, which the fetch held against the items.
        where coalesce(trim(year), '') <> '총계'
    )

select
    release_id,
    known_from,
    row_number,
    publisher_code,
    product_code,
    period_month,
    export_fob_usd,
    {{ weight("printed_export_kg", "export_fob_usd") }} as export_kg,
    import_cif_usd,
    {{ weight("printed_import_kg", "import_cif_usd") }} as import_kg,
    raw_record,
    case
        when period_month is null
        then 'the month does not parse'
        when coalesce(publisher_code, '') = ''
        then 'the partner code is missing'
        when product_code is null or not {{ matches("product_code", "^[0-9]{10}$") }}
        then 'the product code is not ten digits'
        when export_fob_usd is null
        then 'the export value does not parse'
        when printed_export_kg is null
        then 'the export weight does not parse'
        when import_cif_usd is null
        then 'the import value does not parse'
        when printed_import_kg is null
        then 'the import weight does not parse'
    end as quarantine_reason
from named
