{{ config(meta={"dagster": {"ref": {"name": "headline_event_study"}}}) }}
-- Fails on: a CAR of the main model that is not the sum of the abnormal returns of its sessions.
with

    summed as (
        select
            studies.event_id,
            studies.asset_code,
            studies.window_code,
            max(studies.cumulative_abnormal_return) as cumulative_abnormal_return,
            sum(reactions.abnormal_return) as sum_of_sessions,
            count(reactions.abnormal_return) as session_count,
            max(studies.last_offset - studies.first_offset + 1) as window_length
        from {{ ref("headline_event_study") }} as studies
        inner join
            {{ ref("headline_reactions") }} as reactions
            on reactions.event_id = studies.event_id
            and reactions.asset_code = studies.asset_code
            and reactions.model_code = studies.model_code
            and reactions.session_offset between studies.first_offset and studies.last_offset
        where studies.cumulative_abnormal_return is not null
        group by studies.event_id, studies.asset_code, studies.window_code
    )

select *
from summed
where session_count <> window_length or abs(cumulative_abnormal_return - sum_of_sessions) > 1e-9
