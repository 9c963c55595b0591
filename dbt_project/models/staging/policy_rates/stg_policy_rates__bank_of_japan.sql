with

    printed as (select * from {{ source("policy_rates", "bank_of_japan") }}),

    -- A range is printed as 0.0-0.1; no rate of this list is negative.
    bounded as (
        select
            *,
            split_part(policy_rate_pct, '-', 1) as lower_text,
            case
                when policy_rate_pct like '%-%' then split_part(policy_rate_pct, '-', 2) else policy_rate_pct
            end as upper_text
        from printed
    ),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_date("effective_date") }} as effective_date,
            {{ parse_date("decision_date") }} as decision_date,
            {{ parse_decimal("lower_text", 4) }} as rate_lower_pct,
            {{ parse_decimal("upper_text", 4) }} as rate_upper_pct,
            {{ raw_record(["effective_date", "decision_date", "policy_rate_pct"]) }} as raw_record
        from bounded
    )

select
    *,
    case
        when effective_date is null or decision_date is null
        then 'the day does not parse'
        when rate_lower_pct is null or rate_upper_pct is null
        then 'the rate does not parse'
    end as quarantine_reason
from named
