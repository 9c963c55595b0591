-- Fails on: a chapter whose classes of goods do not add up, on some day, to what was traded in 2024, or that is lost
-- on the way.
{{ config(meta={"dagster": {"ref": {"name": "tariff_exposure"}}}) }}
with

    traded as (
        select ledger_code, partner_iso3 as exporter_iso3, sector_code, sum(value_usd) as value_usd
        from {{ ref("sector_monthly") }}
        where
            flow_code = 'import'
            and scheme_code = 'hs_chapter'
            and sector_code <> 'other'
            and extract(year from period_month) = 2024
        group by ledger_code, partner_iso3, sector_code
    ),

    exposed as (
        select ledger_code, exporter_iso3, sector_code, rate_from_date, sum(base_usd * coverage_share) as base_usd
        from {{ ref("tariff_exposure") }}
        where scheme_code = 'hs_chapter' and base_code = '2024'
        group by ledger_code, exporter_iso3, sector_code, rate_from_date
    ),

    days as (select distinct ledger_code, exporter_iso3, rate_from_date from exposed)

select traded.*, days.rate_from_date, exposed.base_usd
from traded
inner join days on days.ledger_code = traded.ledger_code and days.exporter_iso3 = traded.exporter_iso3
left join
    exposed
    on exposed.ledger_code = traded.ledger_code
    and exposed.exporter_iso3 = traded.exporter_iso3
    and exposed.sector_code = traded.sector_code
    and exposed.rate_from_date = days.rate_from_date
where traded.value_usd <> 0 and coalesce(exposed.base_usd, -1) <> traded.value_usd
