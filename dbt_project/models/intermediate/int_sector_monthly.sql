{{ config(materialized="view") }}
-- Each sector a partner ever traded, in each month its table reports on. A table lists what was traded: what it leaves
-- out in a month it covers is zero trade.
{{ sector_months() }}
