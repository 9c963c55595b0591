-- Fails on: a policy rate that changes by more than three points at once, or is no multiple of a twentieth of a
-- point: a fraction in the place of a percentage.
{{ config(meta={"dagster": {"ref": {"name": "int_policy_rate_changes"}}}) }}
select bank_code, effective_date, rate_lower_pct, rate_upper_pct, change_pp
from {{ ref("int_policy_rate_changes") }}
where abs(change_pp) > 3 or mod(cast(rate_upper_pct * 10000 as integer), 500) <> 0
