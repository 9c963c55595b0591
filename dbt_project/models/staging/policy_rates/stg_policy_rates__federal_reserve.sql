with

    printed as (select * from {{ source("policy_rates", "federal_reserve") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_date("date") }} as effective_date,
            {{ parse_decimal("change_bps", 2) }} as change_bp,
            {{ parse_decimal("target_lower_pct", 4) }} as rate_lower_pct,
            {{ parse_decimal("target_upper_pct", 4) }} as rate_upper_pct,
            {{ raw_record(["date", "change_bps", "target_lower_pct", "target_upper_pct"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when effective_date is null
        then 'the day does not parse'
        when rate_lower_pct is null or rate_upper_pct is null
        then 'the rate does not parse'
    end as quarantine_reason
from named
