-- Fails on: a whole month's total that is not within 5 % of the monthly figure of its flow: thousand dollars that were
-- not made dollars, or the labels of a place that moved.
{{ config(meta={"dagster": {"ref": {"name": "surplus_flash"}}}) }}
select *
from {{ ref("surplus_flash") }}
where item_code = 'total' and window_code = 'whole_month' and abs(month_gap_pct) > 5
