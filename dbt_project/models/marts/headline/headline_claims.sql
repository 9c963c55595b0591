select
    placed.claim_id,
    placed.ledger_code,
    placed.claim_text,
    placed.claim_type,
    placed.reporter_iso3,
    placed.partner_iso3,
    placed.metric_code,
    placed.frequency_code,
    placed.period_start,
    placed.made_on_date,
    placed.claimed_value,
    judged.claim_day_value,
    judged.latest_value,
    judged.difference_value,
    placed.tolerance,
    placed.unit_code,
    judged.verdict_code,
    judged.reason_code,
    explained.explanation,
    evidenced.evidence_sql,
    judged.known_from
from {{ ref("int_claims_placed") }} as placed
inner join
    {{ ref("int_claims_judged") }} as judged
    on judged.claim_id = placed.claim_id
    and judged.ledger_code = placed.ledger_code
inner join
    {{ ref("int_claims_explained") }} as explained
    on explained.claim_id = placed.claim_id
    and explained.ledger_code = placed.ledger_code
inner join
    {{ ref("int_claims_evidenced") }} as evidenced
    on evidenced.claim_id = placed.claim_id
    and evidenced.ledger_code = placed.ledger_code
