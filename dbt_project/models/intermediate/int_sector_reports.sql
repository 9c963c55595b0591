{{ config(materialized="view") }}
-- int_sector_sums in words.
select
    places.ledger_code,
    places.reporter_iso3,
    sums.partner_iso3,
    places.flow_code,
    sectors.scheme_code,
    sectors.sector_code,
    sums.period_month,
    {{ valuation_word("sums.valuation_code") }} as valuation,
    sums.value_usd,
    sums.weight_kg,
    {{ status_word("sums.status_code") }} as data_status,
    sums.known_from
from {{ ref("int_sector_sums") }} as sums
inner join {{ ref("int_sector_places") }} as places on places.place_number = sums.place_number
inner join {{ ref("int_sector_numbers") }} as sectors on sectors.sector_number = sums.sector_number
