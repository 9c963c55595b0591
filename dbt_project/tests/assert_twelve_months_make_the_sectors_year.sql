-- Fails on: a complete year of a sector that is not what its December says of the last twelve months.
{{ config(meta={"dagster": {"ref": {"name": "sector_annual"}}}) }}
select annual.*
from {{ ref("sector_annual") }} as annual
inner join
    {{ ref("sector_monthly") }} as december
    on december.ledger_code = annual.ledger_code
    and december.reporter_iso3 = annual.reporter_iso3
    and december.partner_iso3 = annual.partner_iso3
    and december.flow_code = annual.flow_code
    and december.scheme_code = annual.scheme_code
    and december.sector_code = annual.sector_code
    and extract(year from december.period_month) = annual.year
    and extract(month from december.period_month) = 12
where annual.value_months_count = 12 and coalesce(december.value_rolling_12_usd, -1) <> annual.value_usd
