-- Fails on: a group of countries among the partners, or a code that prints a total and is not the world.
{{ config(meta={"dagster": {"ref": {"name": "surplus_monthly"}}}) }}
select distinct monthly.ledger_code, monthly.partner_iso3
from {{ ref("surplus_monthly") }} as monthly
left join {{ ref("dim_country") }} as countries on countries.iso3 = monthly.partner_iso3
where countries.country_kind = 'group' or monthly.partner_iso3 in ('_-', '__TOTAL')
