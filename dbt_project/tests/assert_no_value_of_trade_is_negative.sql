-- Fails on: an export or import below zero. Publishers print corrections as a new figure, not as a difference.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_reports"}}}) }}
select release_id, partner_iso3, flow_code, period_month, value_usd
from {{ ref("int_trade_reports") }}
where value_usd < 0
