{{ config(meta={"dagster": {"ref": {"name": "headline_claims"}}}) }}
-- Fails on: a claim without a row, or a claim about trade without the row of a ledger that one of its countries keeps.
select claims.claim_id, cast(null as {{ dbt.type_string() }}) as ledger_code
from {{ ref("int_claims_reported") }} as claims
left join {{ ref("headline_claims") }} as verdicts on verdicts.claim_id = claims.claim_id
where verdicts.claim_id is null
union all
select claims.claim_id, ledgers.ledger_code
from {{ ref("int_claims_reported") }} as claims
inner join {{ ref("ledgers") }} as ledgers on ledgers.reporter_iso3 in (claims.reporter_iso3, claims.partner_iso3)
left join
    {{ ref("headline_claims") }} as verdicts
    on verdicts.claim_id = claims.claim_id
    and verdicts.ledger_code = ledgers.ledger_code
where
    claims.claim_type in ('level', 'growth', 'record')
    and claims.metric_code in ('export', 'import', 'balance')
    and verdicts.claim_id is null
