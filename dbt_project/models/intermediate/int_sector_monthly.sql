{{ config(materialized="view") }}
-- Each sector a partner ever traded, in each month its table reports on, and `other`, the rest of the total.
-- A table lists what was traded: what it leaves out in a month it covers is zero trade.
{{ sector_months(ref("int_sector_reports"), ref("int_sector_series")) }}
