with

    duties as (select * from {{ ref("int_duties_current") }}),

    months as (select * from {{ ref("dim_month") }}),

    -- A chapter's statutory rate is known when that of each class of goods in it is.
    statutory as (
        select
            rates.importer_iso3,
            rates.exporter_iso3,
            shares.sector_code,
            rates.period_month,
            sum(rates.mean_rate_pct * shares.coverage_share) as statutory_rate_pct
        from {{ ref("int_tariff_rates_monthly") }} as rates
        inner join
            {{ ref("tariff_scope_products") }} as shares
            on shares.exporter_iso3 = rates.exporter_iso3
            and shares.scope_code = rates.scope_code
            and shares.scheme_code = 'hs_chapter'
        group by rates.importer_iso3, rates.exporter_iso3, shares.sector_code, rates.period_month
        having sum(shares.coverage_share) = 1
    ),

    chapters as (
        select
            duties.ledger_code,
            duties.importer_iso3,
            duties.exporter_iso3,
            'hs_chapter' as scheme_code,
            duties.product_code as sector_code,
            duties.period_month,
            duties.consumption_import_usd,
            duties.duty_usd,
            case
                when statutory.statutory_rate_pct is not null then duties.consumption_import_usd
            end as listed_import_usd,
            {{ money("duties.consumption_import_usd * statutory.statutory_rate_pct * 0.01") }} as statutory_duty_usd,
            duties.data_status,
            duties.known_from
        from duties
        left join
            statutory
            on statutory.importer_iso3 = duties.importer_iso3
            and statutory.exporter_iso3 = duties.exporter_iso3
            and statutory.sector_code = duties.product_code
            and statutory.period_month = duties.period_month
    ),

    sectors as (
        select *
        from chapters
        union all
        select
            ledger_code,
            importer_iso3,
            exporter_iso3,
            'total',
            'TOTAL',
            period_month,
            consumption_import_usd,
            duty_usd,
            listed_import_usd,
            statutory_duty_usd,
            data_status,
            known_from
        from chapters
    ),

    held as (select distinct period_month from duties),

    -- A quarter is listed when all its months are; a chapter without a row in one of them was not traded in it.
    quarters as (
        select months.year, months.quarter_number, min(months.period_month) as period_start
        from months
        inner join held on held.period_month = months.period_month
        group by months.year, months.quarter_number
        having count(*) = 3
    ),

    periods as (
        select 'month' as frequency_code, period_month as period_start, period_month
        from held
        union all
        select 'quarter', quarters.period_start, months.period_month
        from quarters
        inner join months on months.year = quarters.year and months.quarter_number = quarters.quarter_number
    ),

    summed as (
        select
            sectors.ledger_code,
            sectors.importer_iso3,
            sectors.exporter_iso3,
            sectors.scheme_code,
            sectors.sector_code,
            periods.frequency_code,
            periods.period_start,
            {{ money("sum(sectors.consumption_import_usd)") }} as consumption_import_usd,
            {{ money("sum(sectors.duty_usd)") }} as duty_usd,
            {{ money("sum(sectors.listed_import_usd)") }} as listed_import_usd,
            {{ money("sum(sectors.statutory_duty_usd)") }} as statutory_duty_usd,
            {{ least_settled("sectors.data_status") }} as data_status,
            max(sectors.known_from) as known_from
        from sectors
        inner join periods on periods.period_month = sectors.period_month
        group by
            sectors.ledger_code,
            sectors.importer_iso3,
            sectors.exporter_iso3,
            sectors.scheme_code,
            sectors.sector_code,
            periods.frequency_code,
            periods.period_start
    ),

    rated as (
        select
            *,
            {{ ratio("100 * duty_usd", "consumption_import_usd") }} as collected_rate_pct,
            {{ ratio("100 * statutory_duty_usd", "listed_import_usd") }} as statutory_rate_pct,
            {{ ratio("listed_import_usd", "consumption_import_usd") }} as listed_share
        from summed
    )

select
    ledger_code,
    importer_iso3,
    exporter_iso3,
    scheme_code,
    sector_code,
    frequency_code,
    period_start,
    consumption_import_usd,
    duty_usd,
    collected_rate_pct,
    statutory_duty_usd,
    statutory_rate_pct,
    listed_share,
    case when listed_share >= 0.95 then statutory_rate_pct - collected_rate_pct end as rate_gap_pp,
    data_status,
    known_from
from rated
