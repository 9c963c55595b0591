with

    printed as (select * from {{ source("baci", "flows") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            case
                when {{ matches("edition", "^HS[0-9][0-9]$") }}
                then concat('HS', case when substr(edition, 3) >= '88' then '19' else '20' end, substr(edition, 3))
            end as hs_revision,
            release as release_code,
            case when {{ matches("trim(t)", "^[0-9]{4}$") }} then try_cast(trim(t) as integer) end as year,
            trim(i) as exporter_code,
            trim(j) as importer_code,
            trim(k) as product_code,
            -- Thousand dollars and tons; printed with an exponent where that is shorter.
            cast(cast({{ parse_double("v") }} as decimal(18, 5)) * 1000 as decimal(20, 2)) as value_usd,
            cast(cast({{ parse_double("q") }} as decimal(18, 5)) * 1000 as decimal(20, 2)) as weight_kg,
            trim(q) in ('', 'NA') or q is null as is_unweighed,
            {{ raw_record(["t", "i", "j", "k", "v", "q"]) }} as raw_record
        from printed
    )

select
    release_id,
    known_from,
    row_number,
    hs_revision,
    release_code,
    year,
    exporter_code,
    importer_code,
    product_code,
    value_usd,
    weight_kg,
    raw_record,
    case
        when year is null
        then 'the year does not parse'
        when hs_revision is null
        then 'the edition is none of the HS'
        when not coalesce({{ matches("exporter_code", "^[0-9]+$") }}, false)
        then 'the exporter code is missing'
        when not coalesce({{ matches("importer_code", "^[0-9]+$") }}, false)
        then 'the importer code is missing'
        when not coalesce({{ matches("product_code", "^[0-9]{6}$") }}, false)
        then 'the product code is not six digits'
        when value_usd is null
        then 'the value does not parse'
        when weight_kg is null and not is_unweighed
        then 'the weight does not parse'
    end as quarantine_reason
from named
