{{ config(meta={"dagster": {"ref": {"name": "headline_event_study"}}}) }}
-- Fails on: one of three known days on which the study of the won loses its session or no longer names the news
-- beside it.
with

    known as (
        select
            'tariff-letter' as event_id,
            cast('2025-07-08' as date) as session_date,
            'letters-to-fourteen' as other_event_id
        union all
        select 'korea-fact-sheet', cast('2025-11-14' as date), 'won-verbal-intervention'
        union all
        select 'nps-swap-extended', cast('2025-12-15' as date), 'korea-zinc-7-4bn'
        union all
        select 'asian-currencies-sideways', cast('2025-12-16' as date), 'us-jobs-dec-2025'
        union all
        select 'dollar-steadies', cast('2025-12-17' as date), 'us-cpi-dec-2025'
    )

select known.event_id, known.session_date, known.other_event_id
from known
left join
    {{ ref("headline_event_study") }} as studies
    on studies.event_id = known.event_id
    and studies.asset_code = 'usd_krw_fed'
    and studies.is_main_test
where
    studies.event_id is null
    or studies.event_session_date <> known.session_date
    or studies.p_value is null
    or concat('; ', coalesce(studies.confounding_event_ids, ''), ';') not like concat('%; ', known.other_event_id, ';%')
