-- Fails on: a product of a partner above a billion dollars a month that a later printing takes back, or moves by
-- more than half: a code that changed its form, two codes or flows that changed places.
{{ config(meta={"dagster": {"ref": {"name": "int_product_observations"}}}) }}
with

    changes as (
        select
            *,
            lag(value_usd) over (
                partition by
                    ledger_code, reporter_iso3, partner_iso3, flow_code, product_kind, product_code, period_month
                order by known_from
            ) as earlier_usd
        from {{ ref("int_product_observations") }}
        where ledger_code in ('kcs', 'census')
    )

select
    ledger_code, partner_iso3, flow_code, product_kind, product_code, period_month, release_id, earlier_usd, value_usd
from changes
where
    (change_kind = 'withdrawal' and earlier_usd > 1000000000)
    or (
        greatest(value_usd, earlier_usd) > 1000000000
        and abs(value_usd - earlier_usd) > greatest(value_usd, earlier_usd) * 0.5
    )
