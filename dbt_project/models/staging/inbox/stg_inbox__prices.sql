with

    printed as (select * from {{ source("inbox", "prices") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            unreadable,
            trim(asset_code) as asset_code,
            {{ parse_date("date") }} as price_date,
            cast({{ parse_decimal("close", 6) }} as double) as price_value,
            substr({{ raw_record(["line", "asset_code", "date", "close"]) }}, 1, 1000) as raw_record
        from printed
    ),

    numbered as (
        select
            *,  -- A row that does not parse takes no other's place.
            row_number() over (
                partition by
                    release_id,
                    asset_code,
                    price_date,
                    case when price_value is null or unreadable is not null then 0 else 1 end
                order by row_number
            ) as nth_of_key
        from named
    )

select
    *,
    case
        when unreadable is not null
        then unreadable
        when coalesce(asset_code, '') = ''
        then 'the asset code is missing'
        when price_date is null
        then 'the date is not a day such as 2025-07-08'
        when price_value is null
        then 'the close is not a number such as 2500.25'
        when cast(price_date as {{ dbt.type_timestamp() }}) > known_from
        then 'the day had not come when the file was known'
        when nth_of_key > 1
        then 'an earlier row of this file has the same asset and date'
    end as quarantine_reason
from numbered
