{#- The joint window spans a window and the main windows of all events that disturb it. -#}
with

    placed as (select * from {{ ref("int_events_placed") }}),

    disturbing as (
        select
            event_id,
            asset_code,
            window_code,
            count(*) as confounding_event_count,
            min(other_first_offset) as first_offset,
            max(other_last_offset) as last_offset
        from {{ ref("int_event_overlaps") }}
        group by event_id, asset_code, window_code
    )

select
    placed.event_id,
    placed.asset_code,
    placed.window_code,
    placed.session_number,
    placed.first_offset,
    placed.last_offset,
    placed.is_main_window,
    disturbing.confounding_event_count is not null as is_confounded,
    cast(
        least(placed.first_offset, coalesce(disturbing.first_offset, placed.first_offset)) as integer
    ) as joint_first_offset,
    cast(
        greatest(placed.last_offset, coalesce(disturbing.last_offset, placed.last_offset)) as integer
    ) as joint_last_offset
from placed
left join
    disturbing
    on disturbing.event_id = placed.event_id
    and disturbing.asset_code = placed.asset_code
    and disturbing.window_code = placed.window_code
