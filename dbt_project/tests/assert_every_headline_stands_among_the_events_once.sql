{{ config(meta={"dagster": {"ref": {"name": "int_events_dated"}}}) }}
-- Fails on: a headline that is not an event, or is one more than once; an event that supersedes one we do not know;
-- live
-- news that are an event of the study.
select headlines.event_id, count(events.event_id) as event_count
from {{ ref("int_headlines_reported") }} as headlines
left join
    {{ ref("int_events_dated") }} as events on events.event_id = headlines.event_id and events.event_source = 'headline'
group by headlines.event_id, headlines.event_kind, headlines.supersedes_event_id
having
    count(events.event_id) <> case when headlines.event_kind = 'live_news' then 0 else 1 end
    or (
        headlines.supersedes_event_id is not null
        and headlines.supersedes_event_id not in (select event_id from {{ ref("int_headlines_reported") }})
    )
