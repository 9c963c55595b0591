-- Fails on: a relation whose two directions do not agree on both balances, or whose gaps do not make up their
-- discrepancy.
select one.*
from {{ ref("surplus_mirror") }} as one
left join
    {{ ref("surplus_mirror") }} as other
    on other.exporter_iso3 = one.importer_iso3
    and other.importer_iso3 = one.exporter_iso3
    and other.exporter_ledger_code = one.importer_ledger_code
    and other.importer_ledger_code = one.exporter_ledger_code
    and other.frequency_code = one.frequency_code
    and other.period_start = one.period_start
where
    other.exporter_balance_usd is null
    or other.exporter_balance_usd <> one.importer_balance_usd
    or one.balance_discrepancy_usd <> - (one.gap_usd + other.gap_usd)
