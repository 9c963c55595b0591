{#-
    Another story whose main window shares a session with the window. Events of one cluster are one story and do not disturb
    each other.
-#}
with

    placed as (select * from {{ ref("int_events_placed") }}),

    main_windows as (select * from placed where is_main_window)

select
    placed.event_id,
    placed.asset_code,
    placed.window_code,
    main_windows.event_id as other_event_id,
    main_windows.session_number + main_windows.first_offset - placed.session_number as other_first_offset,
    main_windows.session_number + main_windows.last_offset - placed.session_number as other_last_offset
from placed
inner join
    main_windows
    on main_windows.asset_code = placed.asset_code
    and main_windows.cluster_id <> placed.cluster_id
    and main_windows.session_number + main_windows.first_offset <= placed.session_number + placed.last_offset
    and main_windows.session_number + main_windows.last_offset >= placed.session_number + placed.first_offset
