with

    printed as (select * from {{ source("kcs", "national_trade") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_month("year") }} as period_month,
            {{ parse_decimal("expdlr") }} as export_fob_usd,
            {{ parse_decimal("impdlr") }} as import_cif_usd,
            {{ raw_record(["year", "expdlr", "impdlr"]) }} as raw_record
        from printed
        -- A grand total spans the whole request and belongs to no month.
        where coalesce(trim(year), '') <> '총계'
    )

select
    *,
    case
        when period_month is null
        then 'the month does not parse'
        when export_fob_usd is null
        then 'the export value does not parse'
        when import_cif_usd is null
        then 'the import value does not parse'
    end as quarantine_reason
from named
