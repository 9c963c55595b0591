with

    printed as (select * from {{ source("inbox", "assets") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            unreadable,
            trim(asset_code) as asset_code,
            trim(asset_name) as asset_name,
            trim(unit) as unit_name,
            coalesce(nullif(lower(trim(return_type)), ''), 'log') as return_type,
            case when lower(trim(calendar)) = 'observed' then 'observed' else trim(calendar) end as venue_calendar,
            nullif(trim(close_time), '') as close_time,
            nullif(trim(close_zone), '') as close_zone,
            nullif(trim(benchmark), '') as benchmark_asset_code,
            nullif(trim(second_benchmark), '') as second_benchmark_asset_code,
            nullif(trim(events_of), '') as event_asset_code,
            nullif(replace(trim(countries), ' ', ''), '') as countries,
            nullif(replace(trim(sectors), ' ', ''), '') as sectors,
            nullif(trim(note), '') as note,
            substr(
                {{
                    raw_record(
                        [
                            "line",
                            "asset_code",
                            "asset_name",
                            "unit",
                            "return_type",
                            "calendar",
                            "close_time",
                            "close_zone",
                            "benchmark",
                            "second_benchmark",
                            "events_of",
                            "countries",
                            "sectors",
                        ]
                    )
                }},
                1,
                1000
            ) as raw_record
        from printed
    ),

    numbered as (
        select *, row_number() over (partition by release_id, asset_code order by row_number) as nth_of_key from named
    )

select
    *,
    case
        when unreadable is not null
        then unreadable
        when not {{ matches("coalesce(asset_code, '')", "^[a-z][a-z0-9_]{0,39}$") }}
        then 'the asset code is not small letters, digits and _, at most 40'
        when coalesce(asset_name, '') = '' or length(asset_name) > 200
        then 'the name is missing or longer than 200 letters'
        when coalesce(unit_name, '') = ''
        then 'the unit is missing'
        when return_type not in ('log', 'basis_points')
        then 'the return type is neither log nor basis_points'
        when nth_of_key > 1
        then 'an earlier row of this file declares the same asset'
        when coalesce(venue_calendar, '') = ''
        then 'the calendar is missing: an exchange such as XKRX, or observed'
        when venue_calendar = 'observed' and (close_time is null or close_zone is null)
        then 'the calendar observed needs close_time and close_zone'
        when close_time is not null and not {{ matches("close_time", "^([01][0-9]|2[0-3]):[0-5][0-9]$") }}
        then 'the close_time is not an hour such as 15:30'
    end as quarantine_reason
from numbered
