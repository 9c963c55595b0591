with

    printed as (select * from {{ source("kcs", "country_totals") }}),

    releases as (select * from {{ source("entrepot", "releases") }}),

    named as (
        select
            printed._release_id as release_id,
            printed._known_from as known_from,
            printed._row_number as row_number,
            upper(trim(printed.statcd)) as publisher_code,
            trim(printed.statcdcntnkor1) as publisher_name,
            case
                when printed.year = '총계' then releases.period_from else {{ parse_month("printed.year") }}
            end as period_month,
            {{ parse_decimal("printed.expdlr") }} as export_fob_usd,
            {{ parse_decimal("printed.impdlr") }} as import_cif_usd,
            {{ raw_record(["year", "statcd", "statcdcntnkor1", "expdlr", "impdlr"]) }} as raw_record
        from printed
        inner join releases on releases.release_id = printed._release_id
        -- A grand total spans the whole request: it is a month's total only where one month was asked for.
        where coalesce(printed.year, '') <> '총계' or releases.period_from = releases.period_to
    )

select
    *,
    case
        when period_month is null
        then 'the month does not parse'
        when coalesce(publisher_code, '') = ''
        then 'the partner code is missing'
        when export_fob_usd is null
        then 'the export value does not parse'
        when import_cif_usd is null
        then 'the import value does not parse'
    end as quarantine_reason
from named
