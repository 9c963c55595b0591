{{ config(meta={"dagster": {"ref": {"name": "headline_reactions"}}}) }}
-- Fails on: a reaction on a day that is no session of the asset's venue, or a session of offset 0 that closed before
-- its event.
select reactions.event_id, reactions.asset_code, reactions.session_offset, reactions.session_date
from {{ ref("headline_reactions") }} as reactions
left join
    {{ ref("int_market_returns") }} as sessions
    on sessions.asset_code = reactions.asset_code
    and sessions.session_date = reactions.session_date
inner join
    {{ ref("int_event_sessions") }} as events
    on events.event_id = reactions.event_id
    and events.asset_code = reactions.asset_code
where
    sessions.session_date is null
    or sessions.session_number <> events.session_number + reactions.session_offset
    or (reactions.session_offset = 0 and sessions.closes_at_utc <= events.event_at_utc)
    or (reactions.session_offset = -1 and sessions.closes_at_utc > events.event_at_utc)
