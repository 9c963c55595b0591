with

    printed as (select * from {{ source("yahoo", "quotes") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            trim(symbol) as series_code,
            {{ parse_date("session_date") }} as observation_date,
            {{ parse_double("close") }} as observation_value,
            {{ raw_record(["symbol", "session_date", "close"]) }} as raw_record
        from printed
        where trim(close) <> ''
    )

select
    *,
    case
        when coalesce(series_code, '') = ''
        then 'the symbol is missing'
        when observation_date is null
        then 'the day does not parse'
        when observation_value is null
        then 'the value does not parse'
        when observation_value <= 0
        then 'the value is not positive'
    end as quarantine_reason
from named
