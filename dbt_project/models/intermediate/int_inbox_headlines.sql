-- The latest printing of each file of headlines. Of a headline that two files report, the one brought first counts.
with

    headlines as (
        select headlines.*, releases.retrieved_at_utc
        from {{ ref("stg_inbox__headlines") }} as headlines
        inner join
            {{ ref("stg_entrepot__releases") }} as releases
            on releases.release_id = headlines.release_id
            and releases.is_latest_printing
    ),

    assets as (select * from {{ ref("int_assets_known") }}),

    named as (
        select
            headlines.release_id,
            headlines.row_number,
            count(assets.asset_code) as found_count,
            -- Each code but the last is followed by a semicolon.
            max(length(headlines.assets) - length(replace(headlines.assets, ';', '')) + 1) as named_count
        from headlines
        left join
            assets
            on concat(';', headlines.assets, ';')
            like concat('%;', replace(assets.asset_code, '_', '|_'), ';%') escape '|'
        where headlines.assets is not null
        group by headlines.release_id, headlines.row_number
    ),

    checked as (
        select
            headlines.*,
            case
                when headlines.quarantine_reason is not null
                then headlines.quarantine_reason
                when zones.problem is not null
                then zones.problem
                when named.found_count <> named.named_count
                then 'the assets name one that nobody declared, or one twice: divide codes by ; and no more'
            end as own_reason
        from headlines
        left join {{ ref("int_inbox_time_zones") }} as zones on zones.time_zone = headlines.time_zone
        left join named on named.release_id = headlines.release_id and named.row_number = headlines.row_number
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by event_id, case when own_reason is null then 1 else 0 end
                order by known_from, retrieved_at_utc, release_id, row_number
            ) as nth_of_event
        from checked
    )

select
    release_id,
    known_from,
    row_number,
    event_id,
    title,
    source_name,
    event_kind,
    published_on_date,
    published_time,
    time_zone,
    event_date,
    event_time,
    assets,
    raw_record,
    case
        when own_reason is not null then own_reason when nth_of_event > 1 then 'another file has the same headline'
    end as quarantine_reason
from numbered
