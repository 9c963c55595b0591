with

    printed as (select * from {{ source("inbox", "headlines") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            unreadable,
            nullif(trim(event_id), '') as given_id,
            trim(title) as title,
            nullif(trim(publisher), '') as source_name,
            coalesce(nullif(lower(trim(kind)), ''), 'news') as event_kind,
            {{ parse_date("published_on") }} as published_on_date,
            nullif(trim(published_time), '') as published_time,
            coalesce(nullif(trim(time_zone), ''), 'UTC') as time_zone,
            nullif(trim(event_date), '') as printed_event_date,
            coalesce({{ parse_date("event_date") }}, {{ parse_date("published_on") }}) as event_date,
            nullif(trim(event_time), '') as event_time,
            nullif(replace(trim(assets), ' ', ''), '') as assets,
            substr(
                {{
                    raw_record(
                        [
                            "line",
                            "title",
                            "published_on",
                            "published_time",
                            "time_zone",
                            "publisher",
                            "kind",
                            "event_id",
                            "event_date",
                            "event_time",
                            "assets",
                        ]
                    )
                }},
                1,
                1000
            ) as raw_record
        from printed
    ),

    identified as (
        select
            *,
            -- The prefix keeps a user's names apart from those of other sources.
            concat(
                'inbox-',
                coalesce(
                    given_id,
                    substr(
                        md5(concat(title, '|', cast(published_on_date as {{ dbt.type_string() }}), '|', source_name)),
                        1,
                        16
                    ),
                    substr(md5(concat(title, '|', cast(published_on_date as {{ dbt.type_string() }}))), 1, 16)
                )
            ) as event_id
        from named
    ),

    numbered as (
        select *, row_number() over (partition by release_id, event_id order by row_number) as nth_of_key
        from identified
    )

select
    *,
    case
        when unreadable is not null
        then unreadable
        when coalesce(title, '') = '' or length(title) > 1000
        then 'the title is missing or longer than 1000 letters'
        when published_on_date is null
        then 'the day of publication is not a day such as 2025-07-08'
        when cast(published_on_date as {{ dbt.type_timestamp() }}) > known_from
        then 'the day of publication had not come when the file was known'
        when published_on_date < cast('2000-01-01' as date) or event_date < cast('2000-01-01' as date)
        then 'the day lies before 2000'
        when printed_event_date is not null and {{ parse_date("printed_event_date") }} is null
        then 'the day of the event is not a day such as 2025-07-08'
        when event_date > cast({{ dbt.dateadd("year", 2, "published_on_date") }} as date)
        then 'the event lies more than two years after its headline'
        when
            not {{ matches("coalesce(published_time, '00:00')", "^([01][0-9]|2[0-3]):[0-5][0-9]$") }}
            or not {{ matches("coalesce(event_time, '00:00')", "^([01][0-9]|2[0-3]):[0-5][0-9]$") }}
        then 'the time is not an hour such as 09:30'
        when given_id is not null and not {{ matches("given_id", "^[a-z0-9][a-z0-9-]{0,79}$") }}
        then 'the event_id is not small letters, digits and -, at most 80'
        when not {{ matches("event_kind", "^[a-z][a-z_]{0,39}$") }}
        then 'the kind is not small letters and _, at most 40'
        when nth_of_key > 1
        then 'an earlier row of this file is the same headline'
    end as quarantine_reason
from numbered
