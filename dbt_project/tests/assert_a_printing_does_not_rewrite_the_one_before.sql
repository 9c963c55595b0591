-- Fails on: a world total that a later printing moves by more than 5 %, a partner's month above 100 million
-- dollars that it multiplies or divides by four, one above three billion that it moves by more than half, a
-- month above a billion that it takes back. Held printings: 1.2 %, a factor of 2.6, and 17 %.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_observations"}}}) }}
with

    changes as (
        select
            *,
            lag(value_usd) over (
                partition by ledger_code, partner_iso3, flow_code, product_code, period_month order by known_from
            ) as earlier_usd
        from {{ ref("int_trade_observations") }}
        where ledger_code in ('kcs', 'census')
    )

select ledger_code, partner_iso3, flow_code, period_month, release_id, earlier_usd, value_usd
from changes
where
    (change_kind = 'withdrawal' and earlier_usd > 1000000000)
    or (partner_iso3 = 'WLD' and abs(value_usd - earlier_usd) > earlier_usd * 0.05)
    or (
        greatest(value_usd, earlier_usd) > 100000000
        and greatest(value_usd, earlier_usd) > least(value_usd, earlier_usd) * 4
    )
    or (earlier_usd > 3000000000 and abs(value_usd - earlier_usd) > earlier_usd * 0.5)
