{#-
    One row per claim and ledger with its verdict, by the rule of its type and no other knowledge. `reason_code` says which
    line of the rule decided.
-#}
with

    measured as (select * from {{ ref("int_claims_measured") }}),

    decided as (
        select
            *,
            case
                when question_code = 'nothing'
                then 'no_measure'
                when question_code = 'regimes' and not is_listed
                then 'not_held'
                when question_code = 'regimes' and claim_type = 'policy_rate'
                then
                    case
                        when abs(latest_value - claimed_value) <= tolerance
                        then 'rate_in_force'
                        when abs(named_rate_pct - claimed_value) <= tolerance and not was_ever_in_force
                        then 'never_in_force'
                        else 'other_rate'
                    end
                when question_code = 'regimes'
                then
                    case
                        when was_ever_in_force is null
                        then 'not_held'
                        when was_ever_in_force
                        then 'day_kept'
                        else 'day_moved'
                    end
                when latest_value is null
                then 'not_held'
                when question_code = 'drivers'
                then
                    case
                        when named_change_rank = 1
                        then 'first_in_change'
                        when is_first_of_named
                        then 'behind_unmapped'
                        else 'others_before'
                    end
                when claim_type = 'record'
                then
                    case
                        when is_latest_record is null
                        then 'nothing_before'
                        when is_latest_record and is_claim_day_record = false
                        then 'true_only_now'
                        when is_latest_record and is_record_fragile
                        then 'record_fragile'
                        when is_latest_record
                        then 'record'
                        when is_claim_day_record
                        then 'true_only_then'
                        else 'no_record'
                    end
                when
                    abs(latest_value - claimed_value) <= loosest_value
                    and abs(claim_day_value - claimed_value) > loosest_value
                then 'true_only_now'
                when abs(latest_value - claimed_value) <= tolerance
                then 'within_tolerance'
                when abs(latest_value - claimed_value) <= loosest_value
                then 'within_rounding'
                when abs(claim_day_value - claimed_value) <= loosest_value
                then 'true_only_then'
                else 'beyond_tolerance'
            end as reason_code
        from measured
    )

select
    claim_id,
    ledger_code,
    claim_day_value,
    latest_value,
    cast(latest_value - claimed_value as decimal(18, 9)) as difference_value,
    {{ verdict("reason_code") }} as verdict_code,
    reason_code,
    known_from
from decided
