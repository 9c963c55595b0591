-- One row per claim about the rate that customs collected: duty by imports for consumption, over the months of the
-- year.
with

    placed as (select * from {{ ref("int_claims_placed") }} where question_code = 'duties'),

    collected as (select * from {{ ref("tariff_collected") }} where frequency_code = 'month' and scheme_code = 'total')

select
    placed.claim_id,
    placed.ledger_code,
    cast(
        100 * {{ ratio("sum(collected.duty_usd)", "sum(collected.consumption_import_usd)") }} as decimal(18, 9)
    ) as latest_value,
    max(collected.known_from) < max(placed.known_before) as is_known_on_claim_day,
    max(collected.known_from) as known_from
from placed
inner join
    collected
    on collected.ledger_code = placed.ledger_code
    and collected.importer_iso3 = placed.reporter_iso3
    and collected.exporter_iso3 = placed.partner_iso3
    and collected.period_start between placed.period_start and placed.last_period_month
group by placed.claim_id, placed.ledger_code
having count(*) = 12
