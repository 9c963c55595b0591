{%- set base_month = "cast('2024-12-01' as date)" %}
with

    rates as (select * from {{ ref("tariff_rate_changes") }} where not is_beyond_list),

    shares as (select * from {{ ref("tariff_scope_products") }}),

    -- Trade of the twelve months that end with a month, seen as a flow from exporter to importer.
    trade as (
        select
            ledger_code,
            case when flow_code = 'import' then reporter_iso3 else partner_iso3 end as importer_iso3,
            case when flow_code = 'import' then partner_iso3 else reporter_iso3 end as exporter_iso3,
            scheme_code,
            sector_code,
            period_month,
            valuation,
            value_rolling_12_usd as base_usd,
            data_status,
            known_from
        from {{ ref("sector_monthly") }}
        where value_rolling_12_usd is not null
    ),

    changes as (
        select importer_iso3, exporter_iso3, rate_from_date, max(rate_to_date) as last_to_date
        from rates
        group by importer_iso3, exporter_iso3, rate_from_date
    ),

    -- One set of days for all classes of goods, so that the exposure of a day can be added up.
    days as (
        select
            importer_iso3,
            exporter_iso3,
            rate_from_date,
            coalesce(
                lead(rate_from_date) over (partition by importer_iso3, exporter_iso3 order by rate_from_date),
                last_to_date
            ) as rate_to_date,
            cast({{ dbt.dateadd("month", -1, dbt.date_trunc("month", "rate_from_date")) }} as date) as month_before
        from changes
    ),

    bases as (
        select days.*, '2024' as base_code, {{ base_month }} as base_last_period_month
        from days
        union all
        select days.*, 'trailing_12m', days.month_before
        from days
    )

select
    trade.ledger_code,
    bases.importer_iso3,
    bases.exporter_iso3,
    trade.scheme_code,
    trade.sector_code,
    shares.scope_code,
    bases.base_code,
    bases.base_last_period_month,
    bases.rate_from_date,
    bases.rate_to_date,
    trade.valuation,
    trade.base_usd,
    shares.coverage_share,
    coalesce(shares.coverage_share_low, shares.coverage_share) as coverage_low_share,
    shares.is_unverified,
    trade.data_status,
    trade.known_from
from bases
inner join
    trade
    on trade.importer_iso3 = bases.importer_iso3
    and trade.exporter_iso3 = bases.exporter_iso3
    and trade.period_month = bases.base_last_period_month
inner join
    shares
    on shares.exporter_iso3 = trade.exporter_iso3
    and shares.scheme_code = trade.scheme_code
    and shares.sector_code = trade.sector_code
