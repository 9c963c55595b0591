{#-
    One row per event that is studied, and whose window disturbs the study of others: headlines, market events, and changes of
    policy rates since 2015 (hour of the announcement by habit of the bank). Live news are none of them: see
    int_headlines_fetched.
    A headline that tells of something to come is studied on the day it was published: a market cannot react sooner.
-#}
{%- set banks = [
    ["fed", "Federal Reserve", "14:00", "America/New_York"],
    ["bok", "Bank of Korea", "10:00", "Asia/Seoul"],
    ["boj", "Bank of Japan", "12:00", "Asia/Tokyo"],
] %}
with

    headlines as (
        select
            reported.event_id,
            'headline' as event_source,
            reported.event_kind,
            reported.title,
            case
                when reported.event_date > reported.published_latest_date
                then reported.published_on_date
                else reported.event_date
            end as study_date,
            case when reported.event_date <= reported.published_latest_date then reported.event_time end as study_time,
            reported.event_timezone,
            case
                when reported.event_date > reported.published_latest_date
                then reported.published_on_precision
                else reported.event_precision
            end as study_precision,
            coalesce(reported.cluster_id, updates.first_event_id, reported.event_id) as cluster_id,
            coalesce(reported.assets, replace(lists.assets, ',', ';')) as assets,
            cast(null as {{ dbt.type_string() }}) as bank_code
        from {{ ref("int_headlines_reported") }} as reported
        left join {{ ref("int_headline_updates") }} as updates on updates.event_id = reported.event_id
        left join {{ ref("int_headline_lists") }} as lists on lists.event_id = reported.event_id
        where coalesce(reported.event_kind, '') <> 'live_news'
    ),

    market_events as (
        select
            event_id,
            'market_event' as event_source,
            event_kind,
            title,
            event_date as study_date,
            event_time as study_time,
            event_timezone,
            event_precision as study_precision,
            cluster_id,
            assets,
            cast(null as {{ dbt.type_string() }}) as bank_code
        from {{ ref("market_events") }}
    ),

    rate_changes as (
        {%- for bank_code, bank_name, hour, timezone in banks %}
            select
                concat(bank_code, '-', cast(decision_date as {{ dbt.type_string() }})) as event_id,
                'policy_rate' as event_source,
                concat(bank_code, case when change_pp > 0 then '_rise' else '_cut' end) as event_kind,
                concat(
                    '{{ bank_name }} ',
                    case when change_pp > 0 then 'raises' else 'cuts' end,
                    ' its rate to ',
                    cast(cast(rate_upper_pct as decimal(6, 2)) as {{ dbt.type_string() }}),
                    ' per cent'
                ) as title,
                decision_date as study_date,
                '{{ hour }}' as study_time,
                '{{ timezone }}' as event_timezone,
                'minute' as study_precision,
                concat(bank_code, '-', cast(decision_date as {{ dbt.type_string() }})) as cluster_id,
                cast(null as {{ dbt.type_string() }}) as assets,
                bank_code
            from {{ ref("int_policy_rate_changes") }}
            where bank_code = '{{ bank_code }}' and decision_date >= cast('2015-01-01' as date) and change_pp <> 0
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    events as (
        select *
        from headlines
        union all
        select *
        from market_events
        union all
        select *
        from rate_changes
    )

select
    *,
    -- What is tested at one time is corrected together: a month of headlines, of market events, all rate changes.
    case
        when event_source = 'policy_rate'
        then event_source
        else concat(event_source, '_', substr(cast(study_date as {{ dbt.type_string() }}), 1, 7))
    end as batch_code
from events
