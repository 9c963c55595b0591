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
    )

select *
from maintained
