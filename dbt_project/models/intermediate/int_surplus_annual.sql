with monthly as (select * from {{ ref("surplus_monthly") }})

select
    ledger_code,
    reporter_iso3,
    partner_iso3,
    cast(extract(year from period_month) as integer) as year,
    {{ one_valuation("export_valuation", "export_usd is not null") }} as export_valuation,
    {{ one_valuation("import_valuation", "import_usd is not null") }} as import_valuation,
    {{ money("sum(export_usd)") }} as export_usd,
    {{ money("sum(import_usd)") }} as import_usd,
    {{ money("sum(export_usd) - sum(import_usd)") }} as balance_usd,
    cast(count(export_usd) as integer) as export_months_count,
    cast(count(import_usd) as integer) as import_months_count,
    cast(count(balance_usd) as integer) as balance_months_count,
    {{ least_settled("data_status") }} as data_status,
    max(known_from) as known_from
from monthly
group by ledger_code, reporter_iso3, partner_iso3, cast(extract(year from period_month) as integer)
having count(export_usd) + count(import_usd) > 0
