-- Fails on: products of one kind that are more than all trade of that month and partner (above 100 million
-- dollars), and subheadings, chapters or items that are less than 95 % of it. Printings of other days may differ
-- by 2 %.
{{ config(meta={"dagster": {"ref": {"name": "int_product_current"}}}) }}
with

    products as (
        select ledger_code, partner_iso3, flow_code, product_kind, period_month, sum(value_usd) as products_usd
        from {{ ref("int_product_current") }}
        where ledger_code in ('kcs', 'census')
        group by ledger_code, partner_iso3, flow_code, product_kind, period_month
    )

select products.*, totals.value_usd as total_usd
from products
inner join
    {{ ref("int_trade_current") }} as totals
    on totals.ledger_code = products.ledger_code
    and totals.partner_iso3 = products.partner_iso3
    and totals.flow_code = products.flow_code
    and totals.period_month = products.period_month
where
    totals.value_usd > 100000000
    and (
        products.products_usd > totals.value_usd * 1.02
        or (
            products.product_kind in ('subheading', 'chapter', 'item')
            and products.products_usd < totals.value_usd * 0.95
        )
    )
