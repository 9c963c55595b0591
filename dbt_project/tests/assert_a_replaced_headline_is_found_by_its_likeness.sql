-- Fails on: a headline that a person says replaces another one, where the rules do not see that by themselves.
select event_id, supersedes_event_id, similar_event_id
from {{ ref("headline_events") }}
where supersedes_event_id is not null and coalesce(similar_event_id, '') <> supersedes_event_id
