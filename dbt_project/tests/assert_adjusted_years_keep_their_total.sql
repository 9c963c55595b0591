{{ config(meta={"dagster": {"ref": {"name": "surplus_monthly"}}}) }}
-- Fails on: a whole year of a publisher's ledger whose seasonally adjusted flow is more than 1 % off the raw one.
with

    years as (
        select
            ledger_code,
            partner_iso3,
            extract(year from period_month) as year,
            sum(export_sa_usd) as export_sa_usd,
            sum(export_usd) as export_usd,
            sum(import_sa_usd) as import_sa_usd,
            sum(import_usd) as import_usd
        from {{ ref("surplus_monthly") }}
        where
            export_sa_usd is not null
            and import_sa_usd is not null
            and ledger_code in (select ledger_code from {{ ref("ledgers") }})
        group by ledger_code, partner_iso3, extract(year from period_month)
        having count(*) = 12
    )

select *
from years
where abs(export_sa_usd - export_usd) > 0.01 * export_usd or abs(import_sa_usd - import_usd) > 0.01 * import_usd
