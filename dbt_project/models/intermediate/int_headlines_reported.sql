{#-
    Every headline, whoever reports it, before anything is read into it. A further source of headlines joins the union with
    the same columns. `assets` null asks the rules which assets it concerns; empty says none. `cluster_id` null asks the
    likeness of titles.
-#}
with

    maintained as (
        select
            event_id,
            title,
            source_name,
            event_kind,
            event_date,
            event_time,
            event_timezone,
            event_precision,
            published_on_date,
            published_on_precision,
            published_earliest_date,
            published_latest_date,
            cluster_id,
            supersedes_event_id,
            coalesce(assets, '') as assets,
            confidence_code,
            basis
        from {{ ref("headlines") }}
    ),

    brought as (
        select
            event_id,
            title,
            source_name,
            event_kind,
            event_date,
            case
                when event_date = published_on_date then coalesce(event_time, published_time) else event_time
            end as event_time,
            time_zone as event_timezone,
            case
                when event_time is not null or (event_date = published_on_date and published_time is not null)
                then 'minute'
                else 'date'
            end as event_precision,
            published_on_date,
            'date' as published_on_precision,
            published_on_date as published_earliest_date,
            published_on_date as published_latest_date,
            cast(null as {{ dbt.type_string() }}) as cluster_id,
            cast(null as {{ dbt.type_string() }}) as supersedes_event_id,
            assets,
            'high' as confidence_code,
            'as the user brought it' as basis
        from {{ ref("int_inbox_headlines") }}
        where quarantine_reason is null
    ),

    fetched as (
        select
            event_id,
            title,
            source_name,
            event_kind,
            event_date,
            event_time,
            event_timezone,
            event_precision,
            published_on_date,
            'date' as published_on_precision,
            published_on_date as published_earliest_date,
            published_on_date as published_latest_date,
            cast(null as {{ dbt.type_string() }}) as cluster_id,
            cast(null as {{ dbt.type_string() }}) as supersedes_event_id,
            cast(null as {{ dbt.type_string() }}) as assets,
            confidence_code,
            basis
        from {{ ref("int_headlines_fetched") }}
    )

select *
from maintained
union all
select *
from brought
union all
select *
from fetched
