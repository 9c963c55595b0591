{%- set series = "partition by ledger_code, importer_iso3, exporter_iso3, scheme_code, base_code" %}
with

    rates as (select * from {{ ref("tariff_rate_changes") }} where not is_beyond_list),

    goods as (select * from {{ ref("int_tariff_bases") }}),

    rated as (
        select
            goods.*,
            rates.base_pct,
            rates.s232_pct,
            rates.reciprocal_pct,
            rates.s122_pct,
            rates.rate_pct,
            cast(
                rates.rate_pct - lag(rates.rate_pct) over (
                    partition by
                        goods.ledger_code,
                        goods.importer_iso3,
                        goods.exporter_iso3,
                        goods.scheme_code,
                        goods.sector_code,
                        goods.scope_code,
                        goods.base_code
                    order by goods.rate_from_date
                ) as decimal(9, 4)
            ) as rate_change_pp,
            coalesce(rates.has_conflict, false) as has_conflict,
            goods.is_unverified or coalesce(rates.is_unverified, false) as is_rate_unverified
        from goods
        left join
            rates
            on rates.importer_iso3 = goods.importer_iso3
            and rates.exporter_iso3 = goods.exporter_iso3
            and rates.scope_code = goods.scope_code
            and rates.rate_from_date <= goods.rate_from_date
            and (rates.rate_to_date is null or goods.rate_from_date < rates.rate_to_date)
    ),

    exposed as (
        select
            *,
            {{ money("base_usd * rate_pct * coverage_share * 0.01") }} as exposure_usd,
            {{ money("base_usd * rate_pct * coverage_low_share * 0.01") }} as exposure_low_usd,
            {{ money("base_usd * rate_change_pp * coverage_share * 0.01") }} as exposure_change_usd
        from rated
    )

select
    ledger_code,
    importer_iso3,
    exporter_iso3,
    scheme_code,
    sector_code,
    scope_code,
    base_code,
    rate_from_date,
    rate_to_date,
    base_last_period_month,
    valuation,
    base_usd,
    coverage_share,
    coverage_low_share,
    base_pct,
    s232_pct,
    reciprocal_pct,
    s122_pct,
    rate_pct,
    rate_change_pp,
    exposure_usd,
    exposure_low_usd,
    exposure_change_usd,
    {{ ratio("exposure_usd", "sum(exposure_usd) over (" ~ series ~ ", rate_from_date)") }} as exposure_share,
    has_conflict,
    is_rate_unverified as is_unverified,
    data_status,
    known_from
from exposed
