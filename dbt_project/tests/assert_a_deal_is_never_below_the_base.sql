-- Fails on: a span under a deal for a total of n % whose rate is not the larger of n and the base, or where a duty of
-- section 232 on the full value left room for a general one.
{{ config(meta={"dagster": {"ref": {"name": "tariff_rate_changes"}}}) }}
select spans.*, deals.regime_rate_pct, deals.rate_type
from {{ ref("tariff_rate_changes") }} as spans
inner join {{ ref("tariff_regimes") }} as deals on deals.regime_id = spans.s232_regime_id
where
    (
        deals.rate_type in ('all_in_floor', 'all_in_cap')
        and spans.rate_pct <> greatest(deals.regime_rate_pct, spans.base_pct)
    )
    or (
        deals.rate_type in ('all_in_floor', 'all_in_cap', 'add_on')
        and (spans.reciprocal_pct <> 0 or spans.s122_pct <> 0 or spans.s122_regime_id is not null)
    )
    or (deals.rate_type = 'exempt' and spans.s232_pct <> 0)
