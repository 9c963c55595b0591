-- Fails on: a basket whose ranks leave one out, whose shares are not one, or whose contributions are not the growth
-- of the basket.
{{ config(meta={"dagster": {"ref": {"name": "product_ranking"}}}) }}
select
    ledger_code,
    reporter_iso3,
    partner_iso3,
    flow_code,
    hs_level,
    frequency_code,
    period_start,
    sum(product_share) as shares
from {{ ref("product_ranking") }}
group by ledger_code, reporter_iso3, partner_iso3, flow_code, hs_level, frequency_code, period_start
having
    coalesce(max(product_rank), 0) <> count(distinct product_rank)
    or abs(sum(product_share) - 1) > 1e-9
    or (
        count(contribution_pp) = count(*)
        and abs(sum(contribution_pp) - 100 * (sum(value_usd) / nullif(sum(cast(earlier_value_usd as double)), 0) - 1))
        > 1e-6 * greatest(1, abs(sum(contribution_pp)))
    )
