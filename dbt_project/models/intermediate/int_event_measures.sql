{#- Each measured window beside what it is: which test of a batch counts, what disturbs it, in which unit it is. -#}
select
    windows.*,
    events.batch_code,
    events.event_source,
    events.event_kind,
    assets.return_type,
    spans.session_number,
    spans.first_offset,
    spans.last_offset,
    spans.is_main_window,
    windows.model_code = assets.main_model_code as is_main_model,
    spans.is_main_window and windows.model_code = assets.main_model_code as is_main_test,
    spans.is_confounded,
    spans.joint_first_offset,
    spans.joint_last_offset
from {{ ref("int_event_windows") }} as windows
inner join {{ ref("int_events_dated") }} as events on events.event_id = windows.event_id
inner join {{ ref("int_assets_known") }} as assets on assets.asset_code = windows.asset_code
inner join
    {{ ref("int_event_spans") }} as spans
    on spans.event_id = windows.event_id
    and spans.asset_code = windows.asset_code
    and spans.window_code = windows.window_code
