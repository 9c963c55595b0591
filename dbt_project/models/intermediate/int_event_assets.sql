{#- A decision of a central bank concerns the assets that stand for its country; other events name theirs. -#}
with

    events as (select * from {{ ref("int_events") }}),

    assets as (select * from {{ ref("assets") }})

select
    events.event_id,
    assets.asset_code,
    events.study_date,
    events.study_time,
    events.event_timezone,
    events.cluster_id,
    windows.first_offset,
    windows.last_offset
from events
inner join
    assets
    on concat(';', coalesce(events.assets, ''), ';') like concat('%;', assets.asset_code, ';%')
    or concat(';', coalesce(assets.countries, ''), ';')
    like concat('%;', case events.bank_code when 'fed' then 'USA' when 'bok' then 'KOR' when 'boj' then 'JPN' end, ';%')
inner join {{ ref("event_windows") }} as windows on windows.is_main_for_precision = events.study_precision
