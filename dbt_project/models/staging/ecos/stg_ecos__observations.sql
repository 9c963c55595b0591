with

    printed as (select * from {{ source("ecos", "observations") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            concat(trim(stat_code), '.', trim(item_code1)) as series_code,
            {{
                parse_date(
                    "concat(substr(trim(time), 1, 4), '-', substr(trim(time), 5, 2), '-', substr(trim(time), 7))"
                )
            }} as observation_date,
            {{ parse_decimal("data_value", 6) }} as observation_value,
            {{ raw_record(["stat_code", "item_code1", "time", "data_value"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when observation_date is null
        then 'the day does not parse'
        when observation_value is null
        then 'the value does not parse'
    end as quarantine_reason
from named
