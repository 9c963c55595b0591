{{ config(meta={"dagster": {"ref": {"name": "headline_trade_response"}}}) }}
-- Fails on: a response that begins before the month after its event, that counts trade of a month which was not over or
-- not printed on the day it says it was known, or that rests on a duty of which nothing was public by then.
with

    responses as (select * from {{ ref("headline_trade_response") }}),

    printings as (
        select
            responses.event_id,
            responses.ledger_code,
            responses.partner_iso3,
            responses.flow_code,
            responses.scheme_code,
            responses.sector_code,
            responses.horizon_months_count,
            max(monthly.known_from) as printed_at
        from responses
        inner join
            {{ ref("sector_monthly") }} as monthly
            on monthly.ledger_code = responses.ledger_code
            and monthly.partner_iso3 = responses.partner_iso3
            and monthly.flow_code = responses.flow_code
            and monthly.scheme_code = responses.scheme_code
            and monthly.sector_code = responses.sector_code
            and monthly.period_month between responses.first_period_month and responses.last_period_month
        group by
            responses.event_id,
            responses.ledger_code,
            responses.partner_iso3,
            responses.flow_code,
            responses.scheme_code,
            responses.sector_code,
            responses.horizon_months_count
    )

select responses.*
from responses
left join
    printings
    on printings.event_id = responses.event_id
    and printings.ledger_code = responses.ledger_code
    and printings.partner_iso3 = responses.partner_iso3
    and printings.flow_code = responses.flow_code
    and printings.scheme_code = responses.scheme_code
    and printings.sector_code = responses.sector_code
    and printings.horizon_months_count = responses.horizon_months_count
where
    responses.first_period_month <= responses.study_date
    or responses.known_from <= responses.last_period_month
    or responses.known_from < printings.printed_at
    or (responses.horizon_value_usd is not null and printings.printed_at is null)
union all
select responses.*
from responses
inner join
    {{ ref("tariff_rate_changes") }} as rates
    on rates.importer_iso3 = responses.partner_iso3
    and rates.exporter_iso3 = responses.reporter_iso3
    and rates.rate_from_date <= responses.last_period_month
    and (rates.rate_to_date is null or rates.rate_to_date > responses.last_period_month)
inner join
    {{ ref("tariff_regimes") }} as regimes
    on regimes.regime_id in (rates.s232_regime_id, rates.reciprocal_regime_id, rates.s122_regime_id)
where
    responses.flow_code = 'export'
    and responses.tariff_after_pct is not null
    and responses.known_from < regimes.known_from_date
