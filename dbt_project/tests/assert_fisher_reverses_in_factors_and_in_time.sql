-- Fails on: a Fisher price that, times its volume, is not the change in value of the matched items; or that, seen
-- from the other
-- end of the year, is not its own inverse.
{{ config(meta={"dagster": {"ref": {"name": "sector_price_volume"}}}) }}
{%- set onwards = ["value_usd", "weight_kg", "earlier_usd", "earlier_kg"] %}
{%- set backwards = ["earlier_usd", "earlier_kg", "value_usd", "weight_kg"] %}
with

    matched as (select * from {{ ref("int_unit_values") }} where is_matched),

    items as (
        select
            ledger_code,
            partner_iso3,
            flow_code,
            sector_code,
            period_month,
            value_usd,
            weight_kg,
            earlier_usd,
            earlier_kg
        from matched
        union all
        select ledger_code, 'WLD', flow_code, sector_code, period_month, value_usd, weight_kg, earlier_usd, earlier_kg
        from matched
    ),

    reversed as (
        select
            ledger_code,
            partner_iso3,
            flow_code,
            sector_code,
            period_month,
            {{ ratio("sum(value_usd)", "sum(earlier_usd)") }} as value_ratio,
            sqrt({{ laspeyres_price(*backwards) }} * {{ paasche_price(*backwards) }}) as backward_price,
            sqrt({{ laspeyres_price(*onwards) }} * {{ paasche_price(*onwards) }}) as forward_price
        from items
        group by ledger_code, partner_iso3, flow_code, sector_code, period_month
    )

select reversed.*, prices.fisher_price_index, prices.fisher_volume_index
from {{ ref("sector_price_volume") }} as prices
inner join
    reversed
    on reversed.ledger_code = prices.ledger_code
    and reversed.partner_iso3 = prices.partner_iso3
    and reversed.flow_code = prices.flow_code
    and reversed.sector_code = prices.sector_code
    and reversed.period_month = prices.period_month
where
    prices.fisher_price_index is not null
    and (
        abs(prices.fisher_price_index * prices.fisher_volume_index / reversed.value_ratio - 1) > 1e-9
        or abs(prices.fisher_price_index * reversed.backward_price - 1) > 1e-9
        or abs(prices.fisher_price_index / reversed.forward_price - 1) > 1e-9
    )
