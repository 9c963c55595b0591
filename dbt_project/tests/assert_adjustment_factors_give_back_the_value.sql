-- Fails on: an adjusted value that, times its factors, is not the value that was adjusted.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_seasonally_adjusted"}}}) }}
select adjusted.*
from {{ ref("int_trade_seasonally_adjusted") }} as adjusted
inner join
    {{ ref("int_trade_current") }} as trade
    on trade.ledger_code = adjusted.ledger_code
    and trade.partner_iso3 = adjusted.partner_iso3
    and trade.flow_code = adjusted.flow_code
    and trade.period_month = adjusted.period_month
where
    abs(
        adjusted.value_sa_usd * adjusted.seasonal_factor * adjusted.calendar_factor * adjusted.benchmark_factor
        - cast(trade.value_usd as double)
    )
    > 1e-9 * cast(trade.value_usd as double)
