{{ config(post_hook="{{ create_tariff_as_of() }}") }}
{%- set end_of_time = "cast('9999-12-31' as date)" %}
{%- set span = "partition by importer_iso3, exporter_iso3, scope_code order by rate_date" %}
with

    regimes as (select * from {{ ref("tariff_regimes") }}),

    scopes as (select * from {{ ref("dim_tariff_scope") }}),

    series as (select * from {{ tariff_series("regimes", "scopes") }} as answered),

    -- Every day on which something may change: a regime begins or ends, was planned, or the list itself begins or ends.
    dated as (
        select importer_iso3, exporter_iso3, scope_code, legal_from_date as rate_date
        from regimes
        union all
        select importer_iso3, exporter_iso3, scope_code, legal_to_date
        from regimes
        union all
        select importer_iso3, exporter_iso3, scope_code, planned_from_date
        from regimes
        union all
        select importer_iso3, 'WLD', 'all', cast({{ dbt.dateadd("day", 1, "max(checked_through_date)") }} as date)
        from regimes
        group by importer_iso3
    ),

    days as (
        select series.importer_iso3, series.exporter_iso3, series.scope_code, dated.rate_date
        from series
        inner join
            dated
            on dated.importer_iso3 = series.importer_iso3
            and dated.exporter_iso3 in (series.exporter_iso3, 'WLD')
            and dated.scope_code in (series.scope_code, 'all')
        where dated.rate_date is not null
        union
        select series.importer_iso3, series.exporter_iso3, series.scope_code, scopes.listed_from_date
        from series
        inner join scopes on scopes.scope_code = series.scope_code
    ),

    questions as (
        select
            importer_iso3,
            exporter_iso3,
            scope_code,
            rate_date,
            {{ end_of_time }} as known_on_date,
            cast(null as decimal(9, 4)) as metal_share
        from days
    ),

    rates as (select * from ({{ tariff_rates("questions", "regimes", "scopes") }}) as answers),

    described as (
        select
            *,
            concat_ws(
                '|',
                cast(rate_pct as {{ dbt.type_string() }}),
                coalesce(base_regime_id, '-'),
                coalesce(s232_regime_id, '-'),
                coalesce(reciprocal_regime_id, '-'),
                coalesce(s122_regime_id, '-'),
                cast(has_conflict as {{ dbt.type_string() }}),
                cast(is_beyond_list as {{ dbt.type_string() }}),
                cast(is_unverified as {{ dbt.type_string() }})
            ) as description
        from rates
    ),

    compared as (select *, lag(description) over ({{ span }}) as earlier_description from described),

    spans as (
        select *, lead(rate_date) over ({{ span }}) as next_date, lag(rate_pct) over ({{ span }}) as earlier_rate_pct
        from compared
        where earlier_description is null or earlier_description <> description
    )

select
    importer_iso3,
    exporter_iso3,
    scope_code,
    rate_date as rate_from_date,
    next_date as rate_to_date,
    base_pct,
    s232_pct,
    reciprocal_pct,
    s122_pct,
    rate_pct,
    cast(rate_pct - earlier_rate_pct as decimal(9, 4)) as rate_change_pp,
    base_regime_id,
    s232_regime_id,
    reciprocal_regime_id,
    s122_regime_id,
    has_conflict,
    is_beyond_list,
    is_unverified
from spans
