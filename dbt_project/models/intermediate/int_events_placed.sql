{#- The windows around each event on each of its assets, by the sessions they cover. -#}
select
    event_sessions.event_id,
    event_sessions.asset_code,
    event_sessions.session_number,
    event_assets.cluster_id,
    event_assets.first_offset as main_first_offset,
    event_assets.last_offset as main_last_offset,
    windows.window_code,
    windows.first_offset,
    windows.last_offset,
    windows.first_offset = event_assets.first_offset
    and windows.last_offset = event_assets.last_offset as is_main_window
from {{ ref("int_event_sessions") }} as event_sessions
inner join
    {{ ref("int_event_assets") }} as event_assets
    on event_assets.event_id = event_sessions.event_id
    and event_assets.asset_code = event_sessions.asset_code
cross join {{ ref("event_windows") }} as windows
