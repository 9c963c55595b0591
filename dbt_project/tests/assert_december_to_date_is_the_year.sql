-- Fails on: a year whose sum is not what December's year to date and rolling twelve months say.
{{ config(meta={"dagster": {"ref": {"name": "surplus_annual"}}}) }}
select annual.ledger_code, annual.reporter_iso3, annual.partner_iso3, annual.year
from {{ ref("surplus_annual") }} as annual
inner join
    {{ ref("surplus_monthly") }} as december
    on december.ledger_code = annual.ledger_code
    and december.reporter_iso3 = annual.reporter_iso3
    and december.partner_iso3 = annual.partner_iso3
    and extract(year from december.period_month) = annual.year
    and extract(month from december.period_month) = 12
where
    annual.balance_months_count = 12
    and (
        coalesce(december.balance_ytd_usd, -1) <> annual.balance_usd
        or coalesce(december.balance_rolling_12_usd, -1) <> annual.balance_usd
        or coalesce(december.export_ytd_usd, -1) <> annual.export_usd
        or coalesce(december.import_rolling_12_usd, -1) <> annual.import_usd
    )
