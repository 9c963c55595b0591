-- The claims that the project lists and those that a user brings.
{%- set columns = [
    "claim_id",
    "claim_text",
    "claim_type",
    "reporter_iso3",
    "partner_iso3",
    "metric_code",
    "sector_code",
    "period",
    "claimed_value",
    "unit_code",
    "tolerance",
    "made_on",
] | join(", ") %}
select {{ columns }}
from {{ ref("claims") }}
union all
select {{ columns }}
from {{ ref("int_inbox_claims") }}
where quarantine_reason is null
