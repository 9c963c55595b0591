-- Fails on: a printing of trade that lacks one of its months, or holds one that it does not announce: a shifted
-- month, a year typed wrong, a file cut off, another month's file.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_reports"}}}) }}
with

    reports as (
        select release_id, period_month
        from {{ ref("int_trade_reports") }}
        union
        select release_id, period_month
        from {{ ref("int_product_reports") }}
        union
        select release_id, period_month
        from {{ ref("int_flash_reports") }}
        union
        select release_id, period_month
        from {{ ref("stg_kcs__national_trade") }}
        where quarantine_reason is null
    ),

    held as (
        select release_id, min(period_month) as first_month, max(period_month) as last_month, count(*) as month_count
        from reports
        group by release_id
    )

select releases.release_id, releases.first_period_month, releases.last_period_month, held.first_month, held.last_month
from {{ ref("stg_entrepot__releases") }} as releases
left join held on held.release_id = releases.release_id
where
    releases.source_name in ('kcs', 'census')
    and releases.table_name <> 'duty_collected'
    and (
        held.release_id is null
        or held.first_month <> releases.first_period_month
        or held.last_month <> releases.last_period_month
        or held.month_count
        <> {{ dbt.datediff("releases.first_period_month", "releases.last_period_month", "month") }} + 1
    )
