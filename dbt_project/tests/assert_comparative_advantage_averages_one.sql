-- Fails on: a product of a market whose advantages, weighted by the exporters' shares in that market, are not one on
-- average; or
-- whose market shares do not add up to one.
{{ config(meta={"dagster": {"ref": {"name": "sector_competitiveness"}}}) }}
with

    exporters as (
        select
            *,
            sum(value_usd) over (partition by ledger_code, market_iso3, hs_level, year, exporter_iso3) as exporter_usd,
            sum(value_usd) over (partition by ledger_code, market_iso3, hs_level, year) as market_usd
        from {{ ref("sector_competitiveness") }}
    ),

    weights as (
        select
            ledger_code,
            market_iso3,
            hs_level,
            year,
            product_code,
            market_share,
            rca_market_ratio * {{ ratio("exporter_usd", "market_usd") }} as weighted_ratio
        from exporters
    )

select ledger_code, market_iso3, hs_level, year, product_code
from weights
group by ledger_code, market_iso3, hs_level, year, product_code
having abs(sum(weighted_ratio) - 1) > 1e-9 or abs(sum(market_share) - 1) > 1e-9
