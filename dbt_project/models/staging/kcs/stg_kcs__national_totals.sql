with

    printed as (select * from {{ source("kcs", "national_totals") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_month("concat(trim(year), '-', lpad(trim(month), 2, '0'))") }} as period_month,
            cast({{ parse_decimal("amo_ex", 0) }} * 1000 as decimal(20, 2)) as export_fob_usd,
            cast({{ parse_decimal("amo_im", 0) }} * 1000 as decimal(20, 2)) as import_cif_usd,
            {{ raw_record(["year", "month", "amo_ex", "amo_im"]) }} as raw_record
        from printed
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
