-- Fails on: a span of one rate that does not end where the next begins, or a series without exactly one open span.
with

    followed as (
        select
            *,
            lead(rate_from_date) over (
                partition by importer_iso3, exporter_iso3, scope_code order by rate_from_date
            ) as next_from_date
        from {{ ref("tariff_rate_changes") }}
    )

select *
from followed
where coalesce(rate_to_date, cast('9999-12-31' as date)) <> coalesce(next_from_date, cast('9999-12-31' as date))
