with

    printed as (select * from {{ source("gdelt", "articles") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            trim(domain) as source_name,
            nullif(trim(title), '') as title,
            trim(url) as article_url,
            case
                when {{ matches("trim(seendate)", "^[0-9]{8}T[0-9]{6}Z$") }}
                then
                    try_cast(
                        concat(
                            substr(trim(seendate), 1, 4),
                            '-',
                            substr(trim(seendate), 5, 2),
                            '-',
                            substr(trim(seendate), 7, 2),
                            ' ',
                            substr(trim(seendate), 10, 2),
                            ':',
                            substr(trim(seendate), 12, 2),
                            ':',
                            substr(trim(seendate), 14, 2)
                        ) as timestamp
                    )
            end as seen_at_utc,
            {{ raw_record(["url", "title", "seendate"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when title is null then 'the title is missing' when seen_at_utc is null then 'the time does not parse'
    end as quarantine_reason
from named
