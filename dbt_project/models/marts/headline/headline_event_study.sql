select
    tests.event_id,
    tests.asset_code,
    tests.window_code,
    tests.model_code,
    tests.batch_code,
    event_sessions.event_at_utc,
    cast(event_sessions.session_date as date) as event_session_date,
    tests.first_offset,
    tests.last_offset,
    tests.is_main_test,
    tests.return_type,
    tests.cumulative_abnormal_return,
    tests.standard_error,
    tests.t_value,
    tests.p_value,
    tests.placebo_p_value,
    cast(tests.placebo_count as bigint) as placebo_count,
    tests.rank_p_value,
    tests.q_value,
    cast(tests.estimation_count as bigint) as estimation_count,
    tests.is_confounded,
    cast(tests.confounding_event_ids as {{ dbt.type_string() }}) as confounding_event_ids,
    tests.joint_first_offset,
    tests.joint_last_offset,
    tests.joint_cumulative_abnormal_return,
    tests.joint_p_value,
    cast(tests.unavailable_reason as {{ dbt.type_string() }}) as unavailable_reason
from {{ ref("int_event_tests") }} as tests
inner join
    {{ ref("int_event_sessions") }} as event_sessions
    on event_sessions.event_id = tests.event_id
    and event_sessions.asset_code = tests.asset_code
