-- Fails on: a month in which the partners with a surplus are no longer those of the twelve months before, as
-- when the two flows change places, or has none because one column stands in both. The correlation of the
-- logarithms of exports over imports was never below 0.71.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_current"}}}) }}
with

    months as (
        select
            ledger_code,
            partner_iso3,
            period_month,
            max(case when flow_code = 'export' then cast(value_usd as double) end) as export_usd,
            max(case when flow_code = 'import' then cast(value_usd as double) end) as import_usd
        from {{ ref("int_trade_current") }}
        where partner_iso3 <> 'WLD' and value_usd > 10000000 and ledger_code in ('kcs', 'census')
        group by ledger_code, partner_iso3, period_month
    ),

    sides as (
        select ledger_code, partner_iso3, period_month, ln(export_usd / import_usd) as side
        from months
        where export_usd is not null and import_usd is not null
    ),

    compared as (
        select
            *,
            avg(side) over (
                partition by ledger_code, partner_iso3 order by period_month rows between 12 preceding and 1 preceding
            ) as usual_side
        from sides
    )

select ledger_code, period_month, corr(side, usual_side) as likeness, count(*) as partner_count
from compared
where usual_side is not null
group by ledger_code, period_month
having count(*) >= 20 and (max(side) = min(side) or corr(side, usual_side) < 0.5)
