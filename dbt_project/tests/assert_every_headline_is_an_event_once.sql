-- Fails on: a headline that is missing among the events, or stands there more than once, or changed its title.
{{ config(meta={"dagster": {"ref": {"name": "headline_events"}}}) }}
select headlines.event_id, count(events.event_id) as row_count
from {{ ref("int_headlines_reported") }} as headlines
left join
    {{ ref("headline_events") }} as events on events.event_id = headlines.event_id and events.title = headlines.title
group by headlines.event_id
having count(events.event_id) <> 1
