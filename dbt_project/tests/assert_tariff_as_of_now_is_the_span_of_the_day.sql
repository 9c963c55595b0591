-- Fails on: a day inside a span of `tariff_rate_changes`, its first or its last, for which `tariff_as_of` gives
-- another rate.
{{ config(meta={"dagster": {"ref": {"name": "tariff_rate_changes"}}}, enabled=target.type == "duckdb") }}
-- depends_on: {{ ref('tariff_rate_changes') }}
with

    spans as (select * from {{ ref("tariff_rate_changes") }}),

    days as (
        select importer_iso3, exporter_iso3, scope_code, rate_from_date, rate_from_date as day
        from spans
        union
        select
            importer_iso3,
            exporter_iso3,
            scope_code,
            rate_from_date,
            cast({{ dbt.dateadd("day", -1, "rate_to_date") }} as date)
        from spans
        where rate_to_date is not null
    ),

    as_of_now as (
        select days.rate_from_date, days.day, rates.*
        from days
        inner join
            {{ ref("tariff_regimes").schema }}.tariff_as_of(
                days.day, cast('{{ run_started_at.strftime("%Y-%m-%d") }}' as date)
            ) as rates
            on rates.importer_iso3 = days.importer_iso3
            and rates.exporter_iso3 = days.exporter_iso3
            and rates.scope_code = days.scope_code
    )

select spans.*, as_of_now.day, as_of_now.rate_pct as as_of_rate_pct
from spans
left join
    as_of_now
    on as_of_now.importer_iso3 = spans.importer_iso3
    and as_of_now.exporter_iso3 = spans.exporter_iso3
    and as_of_now.scope_code = spans.scope_code
    and as_of_now.rate_from_date = spans.rate_from_date
where
    as_of_now.rate_pct is null
    or as_of_now.rate_pct <> spans.rate_pct
    or as_of_now.has_conflict <> spans.has_conflict
    or as_of_now.is_beyond_list <> spans.is_beyond_list
    or as_of_now.is_unverified <> spans.is_unverified
    or coalesce(as_of_now.s232_regime_id, '-') <> coalesce(spans.s232_regime_id, '-')
