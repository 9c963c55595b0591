with

    printed as (select * from {{ source("rss", "items") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            trim(feed) as source_name,
            nullif(trim(title), '') as title,
            trim(link) as article_url,
            try_cast(nullif(trim(published_utc), '') as timestamp) as published_at_utc,
            {{ raw_record(["feed", "title", "link", "pubdate"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when title is null then 'the title is missing' when published_at_utc is null then 'the time does not parse'
    end as quarantine_reason
from named
