with

    printed as (select * from {{ source("policy_rates", "bank_of_korea") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            {{ parse_date("date") }} as effective_date,
            {{ parse_decimal("rate_pct", 4) }} as rate_pct,
            {{ raw_record(["date", "rate_pct"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when effective_date is null then 'the day does not parse' when rate_pct is null then 'the rate does not parse'
    end as quarantine_reason
from named
