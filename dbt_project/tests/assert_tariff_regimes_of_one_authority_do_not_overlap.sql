-- Fails on: two regimes of one authority on the same goods in force on one day, where no conflict group says that
-- this is known.
select earlier.regime_id, later.regime_id as other_regime_id, later.legal_from_date, earlier.legal_to_date
from {{ ref("tariff_regimes") }} as earlier
inner join
    {{ ref("tariff_regimes") }} as later
    on later.authority_code = earlier.authority_code
    and later.importer_iso3 = earlier.importer_iso3
    and later.exporter_iso3 = earlier.exporter_iso3
    and later.scope_code = earlier.scope_code
    and later.regime_id <> earlier.regime_id
where
    earlier.legal_from_date <= later.legal_from_date
    and (earlier.legal_to_date is null or later.legal_from_date < earlier.legal_to_date)
    and earlier.conflict_group is null
    and later.conflict_group is null
