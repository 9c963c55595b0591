{{ config(materialized="view") }}
-- What the parts of sectors are measured against, month by month.
{{ flow_totals(ref("surplus_monthly"), "month", "period_month", "1") }}
