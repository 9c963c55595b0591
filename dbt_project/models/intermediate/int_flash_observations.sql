{%- set series = "ledger_code, flow_code, breakdown_code, item_code, period_month, window_code" %}
-- A window that a later printing leaves out stands as it was: the publisher need not print a month's first ten days for
-- ever.
with

    compared as (
        select
            *,
            row_number() over (partition by {{ series }} order by known_from, release_id) as place,
            lag(cumulative_usd) over (partition by {{ series }} order by known_from, release_id) as earlier_usd
        from {{ ref("int_flash_reports") }}
    )

select
    ledger_code,
    reporter_iso3,
    flow_code,
    breakdown_code,
    item_code,
    item_name,
    partner_iso3,
    period_month,
    window_code,
    valuation,
    cumulative_usd,
    data_status,
    known_from,
    lead(known_from) over (partition by {{ series }} order by known_from, release_id) as known_to,
    cast(row_number() over (partition by {{ series }} order by known_from, release_id) as integer) as vintage_number,
    first_value(cumulative_usd) over (
        partition by {{ series }} order by known_from, release_id
    ) as first_cumulative_usd,
    first_value(known_from) over (partition by {{ series }} order by known_from, release_id) as first_known_at_utc,
    release_id
from compared
where place = 1 or cumulative_usd <> earlier_usd
