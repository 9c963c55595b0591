{#-
    The windows of each event on each asset, and which other events fall into them: another story whose main window shares a
    session with the window. Events of one cluster are one story and do not disturb each other.
-#}
with

    events as (
        select
            event_sessions.event_id,
            event_sessions.asset_code,
            event_sessions.session_number,
            event_assets.cluster_id,
            event_assets.first_offset as main_first_offset,
            event_assets.last_offset as main_last_offset
        from {{ ref("int_event_sessions") }} as event_sessions
        inner join
            {{ ref("int_event_assets") }} as event_assets
            on event_assets.event_id = event_sessions.event_id
            and event_assets.asset_code = event_sessions.asset_code
    ),

    spans as (
        select
            events.*,
            windows.window_code,
            windows.first_offset,
            windows.last_offset,
            windows.first_offset = events.main_first_offset
            and windows.last_offset = events.main_last_offset as is_main_window
        from events
        cross join {{ ref("event_windows") }} as windows
    ),

    overlapping as (
        select
            spans.event_id,
            spans.asset_code,
            spans.window_code,
            others.event_id as other_event_id,
            others.session_number + others.main_first_offset - spans.session_number as other_first_offset,
            others.session_number + others.main_last_offset - spans.session_number as other_last_offset
        from spans
        inner join
            events as others
            on others.asset_code = spans.asset_code
            and others.cluster_id <> spans.cluster_id
            and others.session_number + others.main_first_offset <= spans.session_number + spans.last_offset
            and others.session_number + others.main_last_offset >= spans.session_number + spans.first_offset
    ),

    confounders as (
        select
            event_id,
            asset_code,
            window_code,
            count(*) as confounding_event_count,
            {{ dbt.listagg("other_event_id", "'; '", "order by other_event_id") }} as confounding_event_ids,
            min(other_first_offset) as first_other_offset,
            max(other_last_offset) as last_other_offset
        from overlapping
        group by event_id, asset_code, window_code
    )

select
    spans.event_id,
    spans.asset_code,
    spans.window_code,
    spans.session_number,
    cast(spans.first_offset as integer) as first_offset,
    cast(spans.last_offset as integer) as last_offset,
    spans.is_main_window,
    cast(coalesce(confounders.confounding_event_count, 0) as integer) as confounding_event_count,
    confounders.confounding_event_ids,
    cast(
        least(spans.first_offset, coalesce(confounders.first_other_offset, spans.first_offset)) as integer
    ) as joint_first_offset,
    cast(
        greatest(spans.last_offset, coalesce(confounders.last_other_offset, spans.last_offset)) as integer
    ) as joint_last_offset
from spans
left join
    confounders
    on confounders.event_id = spans.event_id
    and confounders.asset_code = spans.asset_code
    and confounders.window_code = spans.window_code
