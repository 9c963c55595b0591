-- Fails on: a code that the country list does not know, with more than a hundredth of a month's trade. Smaller
-- ones warn. ZZ is the Korean customs' own code for trade of no listed country: up to 3 % of a month's imports,
-- in 2022.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_current"}}}) }}
select partners.ledger_code, partners.partner_iso3, partners.flow_code, partners.period_month, partners.value_usd
from {{ ref("int_trade_current") }} as partners
inner join
    {{ ref("int_trade_current") }} as totals
    on totals.ledger_code = partners.ledger_code
    and totals.flow_code = partners.flow_code
    and totals.period_month = partners.period_month
    and totals.partner_iso3 = 'WLD'
where
    partners.ledger_code in ('kcs', 'census')
    and substr(partners.partner_iso3, 1, 1) = '_'
    and partners.partner_iso3 <> '_ZZ'
    and partners.value_usd > totals.value_usd * 0.01
