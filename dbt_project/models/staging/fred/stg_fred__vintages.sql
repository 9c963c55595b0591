with

    printed as (select * from {{ source("fred", "vintages") }}),

    named as (
        select
            _release_id as release_id,
            _row_number as row_number,
            trim(series_id) as series_code,
            {{ parse_date("observation_date") }} as observation_date,
            {{ parse_decimal("value", 6) }} as observation_value,
            cast({{ parse_date("realtime_start") }} as {{ dbt.type_timestamp() }}) as known_from,
            {{ raw_record(["series_id", "observation_date", "value", "realtime_start"]) }} as raw_record
        from printed
        where trim(value) not in ('', '.')
    )

select
    *,
    case
        when observation_date is null
        then 'the day does not parse'
        when known_from is null
        then 'the day of printing does not parse'
        when coalesce(series_code, '') = ''
        then 'the series is missing'
        when observation_value is null
        then 'the value does not parse'
    end as quarantine_reason
from named
