-- Fails on: a vintage that does not end when the next one begins, and a series with no or several latest vintages.
with

    followed as (
        select
            *,
            lead(known_from) over (
                partition by ledger_code, reporter_iso3, partner_iso3, flow_code, product_code, period_month
                order by known_from
            ) as next_known_from
        from {{ ref("surplus_vintages") }}
    )

select *
from followed
where
    coalesce(known_to, cast('9999-12-31' as {{ dbt.type_timestamp() }}))
    <> coalesce(next_known_from, cast('9999-12-31' as {{ dbt.type_timestamp() }}))
    or is_latest <> (next_known_from is null)
