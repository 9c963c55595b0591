{#-
    Groups that are tested together: all assets of one event, and on each asset all events of one kind or one batch. Members
    that another event disturbs are left out (`undisturbed`), and stay in a second view (`all`). Several headlines on one
    session of one asset are one reaction: the first of them by name stands for all.
-#}
with

    measures as (select * from {{ ref("int_event_measures") }} where is_main_model),

    grouped as (
        select concat('event ', event_id) as group_code, 'event' as group_kind, measures.*
        from measures
        union all
        select concat(event_kind, ' on ', asset_code) as group_code, 'kind' as group_kind, measures.*
        from measures
        union all
        select concat(batch_code, ' on ', asset_code) as group_code, 'batch' as group_kind, measures.*
        from measures
        where event_source <> 'policy_rate'
    ),

    ruled as (
        select *, 'all' as member_rule
        from grouped
        union all
        select *, 'undisturbed' as member_rule
        from grouped
        where not is_confounded
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by group_code, member_rule, window_code, asset_code, session_number order by event_id
            ) as nth_of_session
        from ruled
    )

select *
from numbered
where nth_of_session = 1
