{#- A decision of a central bank concerns the assets that stand for its country; other events name theirs. -#}
with

    events as (
        select *, case bank_code when 'fed' then 'USA' when 'bok' then 'KOR' when 'boj' then 'JPN' end as bank_iso3
        from {{ ref("int_events_dated") }}
    ),

    assets as (select * from {{ ref("int_assets_known") }})

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
    or concat(';', coalesce(events.assets, ''), ';') like concat('%;', coalesce(assets.event_asset_code, '?'), ';%')
    or concat(';', coalesce(assets.countries, ''), ';') like concat('%;', coalesce(events.bank_iso3, '?'), ';%')
inner join {{ ref("event_windows") }} as windows on windows.is_main_for_precision = events.study_precision
