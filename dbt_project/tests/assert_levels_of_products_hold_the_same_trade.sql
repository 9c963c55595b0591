-- Fails on: a basket whose chapters, headings and subheadings do not add up to the same.
{{ config(meta={"dagster": {"ref": {"name": "product_ranking"}}}) }}
with

    levels as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            frequency_code,
            period_start,
            hs_level,
            sum(value_usd) as level_usd
        from {{ ref("product_ranking") }}
        group by ledger_code, reporter_iso3, partner_iso3, flow_code, frequency_code, period_start, hs_level
    )

select ledger_code, reporter_iso3, partner_iso3, flow_code, frequency_code, period_start
from levels
group by ledger_code, reporter_iso3, partner_iso3, flow_code, frequency_code, period_start
having min(level_usd) <> max(level_usd)
