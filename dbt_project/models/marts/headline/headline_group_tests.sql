with

    groups as (
        select distinct group_code, group_kind, member_rule, window_code from {{ ref("int_event_group_members") }}
    )

select
    tests.group_code,
    tests.member_rule,
    tests.window_code,
    groups.group_kind,
    cast(tests.member_count as bigint) as member_count,
    cast(tests.event_count as bigint) as event_count,
    cast(tests.asset_count as bigint) as asset_count,
    cast(tests.caar as double) as mean_cumulative_abnormal_return,
    cast(tests.cross_section_t as double) as cross_section_t,
    cast(tests.cross_section_p as double) as cross_section_p,
    cast(tests.patell_z as double) as patell_z,
    cast(tests.patell_p as double) as patell_p,
    cast(tests.bmp_t as double) as bmp_t,
    cast(tests.bmp_p as double) as bmp_p,
    cast(tests.mean_correlation as double) as mean_correlation,
    cast(tests.kolari_pynnonen_t as double) as kolari_pynnonen_t,
    cast(tests.kolari_pynnonen_p as double) as kolari_pynnonen_p
from {{ ref("int_event_group_tests") }} as tests
inner join
    groups
    on groups.group_code = tests.group_code
    and groups.member_rule = tests.member_rule
    and groups.window_code = tests.window_code
