with

    printed as (select * from {{ source("fred", "observations") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            trim(series_id) as series_code,
            {{ parse_date("observation_date") }} as observation_date,
            {{ parse_decimal("value", 6) }} as observation_value,
            {{ raw_record(["series_id", "observation_date", "value"]) }} as raw_record
        from printed
        where trim(value) not in ('', '.')
    )

select
    *,
    case
        when observation_date is null
        then 'the day does not parse'
        when coalesce(series_code, '') = ''
        then 'the series is missing'
        when observation_value is null
        then 'the value does not parse'
    end as quarantine_reason
from named
