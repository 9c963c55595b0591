{%- set today = "cast('" ~ run_started_at.strftime("%Y-%m-%d") ~ "' as date)" %}
with

    raw_tables as (select * from {{ ref("stg_entrepot__raw_tables") }}),

    releases as (
        select
            source_name,
            table_name,
            count(*) as release_count,
            sum(row_count) as row_count,
            max(known_from) as known_from,
            max(loaded_at_utc) as loaded_at_utc,
            min(first_period_month) as first_period_month,
            max(last_period_month) as latest_period_month
        from {{ ref("stg_entrepot__releases") }}
        group by source_name, table_name
    ),

    due as (
        select
            raw_tables.source_name,
            raw_tables.table_name,
            max(case when months.due_date <= {{ today }} then months.period_month end) as expected_period_month,
            min(case when months.period_month > releases.latest_period_month then months.due_date end) as due_date
        from raw_tables
        left join
            releases on releases.source_name = raw_tables.source_name and releases.table_name = raw_tables.table_name
        inner join
            {{ ref("int_months_due") }} as months
            on months.source_name = raw_tables.source_name
            and months.table_name = raw_tables.table_name
        group by raw_tables.source_name, raw_tables.table_name
    ),

    totals as (
        select
            dataset_code,
            count(*) as totals_compared_count,
            sum(case when total_usd = parts_usd then 0 else 1 end) as totals_unequal_count,
            max(abs(total_usd - parts_usd)) as largest_total_gap_usd
        from {{ ref("int_totals_compared") }}
        group by dataset_code
    ),

    quarantined as (
        select source_name, table_name, count(*) as quarantined_row_count
        from {{ ref("quarantine") }}
        group by source_name, table_name
    )

select
    raw_tables.source_name,
    raw_tables.table_name,
    raw_tables.publisher_name,
    raw_tables.unit as unit_name,
    cast(coalesce(releases.release_count, 0) as bigint) as release_count,
    cast(coalesce(releases.row_count, 0) as bigint) as row_count,
    releases.first_period_month,
    releases.latest_period_month,
    cast(due.expected_period_month as date) as expected_period_month,
    cast(due.due_date as date) as due_date,
    cast(
        case when due.due_date < {{ today }} then {{ dbt.datediff("due.due_date", today, "day") }} end as bigint
    ) as late_days,
    releases.known_from,
    releases.loaded_at_utc,
    cast(totals.totals_compared_count as bigint) as totals_compared_count,
    cast(totals.totals_unequal_count as bigint) as totals_unequal_count,
    {{ money("totals.largest_total_gap_usd") }} as largest_total_gap_usd,
    cast(coalesce(quarantined.quarantined_row_count, 0) as bigint) as quarantined_row_count,
    cast(null as bigint) as failed_test_count
from raw_tables
left join releases on releases.source_name = raw_tables.source_name and releases.table_name = raw_tables.table_name
left join due on due.source_name = raw_tables.source_name and due.table_name = raw_tables.table_name
left join totals on totals.dataset_code = concat(raw_tables.source_name, '.', raw_tables.table_name)
left join
    quarantined on quarantined.source_name = raw_tables.source_name and quarantined.table_name = raw_tables.table_name
-- A table that nobody owes is told of once something came.
where raw_tables.release_lag_days is not null or releases.release_count is not null
