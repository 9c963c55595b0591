{#- One row per claim and ledger: the claim's figure on the day it was made and now, and what its rule asks. -#}
with

    placed as (select * from {{ ref("int_claims_placed") }}),

    figures as (select * from {{ ref("int_claim_figures") }}),

    drivers as (select * from {{ ref("int_claim_drivers") }}),

    regimes as (select * from {{ ref("int_claim_regimes") }}),

    duties as (select * from {{ ref("int_claim_duties") }}),

    records as (select * from {{ ref("surplus_records") }})

select
    placed.claim_id,
    placed.ledger_code,
    placed.question_code,
    placed.claim_type,
    placed.claimed_value,
    placed.tolerance,
    greatest(coalesce(placed.tolerance, 0), coalesce(placed.rounding_value, 0)) as loosest_value,
    cast(
        case
            placed.question_code
            when 'figures'
            then figures.claim_day_value
            when 'duties'
            then case when duties.is_known_on_claim_day then duties.latest_value end
            when 'drivers'
            then case when drivers.is_known_on_claim_day then drivers.named_change_usd * 0.000000001 end
            when 'regimes'
            then
                case
                    when placed.claim_type = 'policy_rate' and regimes.is_known_on_claim_day then regimes.named_rate_pct
                end
        end as decimal(18, 9)
    ) as claim_day_value,
    cast(
        case
            placed.question_code
            when 'figures'
            then figures.latest_value
            when 'duties'
            then duties.latest_value
            when 'drivers'
            then drivers.named_change_usd * 0.000000001
            when 'regimes'
            then case when placed.claim_type = 'policy_rate' and regimes.is_listed then regimes.in_force_rate_pct end
        end as decimal(18, 9)
    ) as latest_value,
    figures.is_claim_day_record,
    figures.is_latest_record,
    figures.record_margin_usd < records.typical_revision_usd as is_record_fragile,
    drivers.named_change_rank,
    -- Nothing but the residual is before it.
    drivers.named_change_rank = 2 and drivers.first_change_sector_code = 'other' as is_first_of_named,
    coalesce(regimes.is_listed, false) as is_listed,
    regimes.named_rate_pct,
    regimes.was_ever_in_force,
    coalesce(figures.known_from, drivers.known_from, duties.known_from) as known_from
from placed
left join figures on figures.claim_id = placed.claim_id and figures.ledger_code = placed.ledger_code
left join drivers on drivers.claim_id = placed.claim_id and drivers.ledger_code = placed.ledger_code
left join duties on duties.claim_id = placed.claim_id and duties.ledger_code = placed.ledger_code
left join regimes on regimes.claim_id = placed.claim_id and regimes.ledger_code = placed.ledger_code
left join
    records
    on placed.claim_type = 'record'
    and records.ledger_code = placed.ledger_code
    and records.reporter_iso3 = placed.ledger_reporter_iso3
    and records.partner_iso3 = placed.ledger_partner_iso3
    and records.metric_code = coalesce(placed.ledger_flow_code, 'balance')
    and records.frequency_code = placed.frequency_code
    and records.period_start = placed.period_start
