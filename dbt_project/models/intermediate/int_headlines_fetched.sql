{#-
    Headlines of feeds and of the crawler, each address once: as the feed first printed it, else as the crawler first saw it.
    A feed tells the minute of publication; the crawler comes later by an unknown time, so of it only the day is kept.

    Their kind is live_news: nobody has looked at them. They are tagged and linked to the story that they repeat, and that is
    all. int_events_dated leaves them out, so that they are no events of the study: hundreds a day would disturb every window
    of the maintained events, and be corrected for in one batch with them. A headline that deserves a study is entered in
    the maintained list or in the inbox. Nor does a maintained headline ever repeat one of these (orchestration/tagging.py).
-#}
with

    printed as (
        select
            release_id,
            row_number,
            known_from,
            coalesce(nullif(article_url, ''), title) as address,
            title,
            source_name,
            published_at_utc as told_at_utc,
            1 as source_order
        from {{ ref("stg_rss__items") }}
        where quarantine_reason is null
        union all
        select
            release_id,
            row_number,
            known_from,
            coalesce(nullif(article_url, ''), title),
            title,
            source_name,
            seen_at_utc,
            2
        from {{ ref("stg_gdelt__articles") }}
        where quarantine_reason is null
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by address
                order by source_order, told_at_utc, known_from, source_name, title, release_id, row_number
            ) as nth_of_address
        from printed
    )

select
    concat('news-', md5(address)) as event_id,
    title,
    source_name,
    'live_news' as event_kind,
    cast(told_at_utc as date) as event_date,
    case when source_order = 1 then substr(cast(told_at_utc as {{ dbt.type_string() }}), 12, 5) end as event_time,
    'UTC' as event_timezone,
    case when source_order = 1 then 'minute' else 'date' end as event_precision,
    cast(told_at_utc as date) as published_on_date,
    case when source_order = 1 then 'high' else 'medium' end as confidence_code,
    case
        when source_order = 1 then 'as its feed printed it' else 'when a crawler first saw it, later than publication'
    end as basis
from numbered
where nth_of_address = 1
