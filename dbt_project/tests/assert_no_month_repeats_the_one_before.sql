-- Fails on: a month in which more than a third of the partners have to the dollar what they had the month
-- before, or a year before: the file of one month under the date of another. The most that was ever printed is 6 %.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_current"}}}) }}
with

    months as (
        select
            ledger_code,
            partner_iso3,
            flow_code,
            period_month,
            extract(year from period_month) * 12 + extract(month from period_month) as month_number,
            value_usd
        from {{ ref("int_trade_current") }}
        where partner_iso3 <> 'WLD' and value_usd > 100000 and ledger_code in ('kcs', 'census')
    ),

    distances as (
        select 1 as month_count
        union all
        select 12
    )

select
    months.ledger_code,
    months.flow_code,
    months.period_month,
    distances.month_count,
    avg(case when months.value_usd = earlier.value_usd then 1.0 else 0.0 end) as repeated_share
from months
cross join distances
inner join
    months as earlier
    on earlier.ledger_code = months.ledger_code
    and earlier.partner_iso3 = months.partner_iso3
    and earlier.flow_code = months.flow_code
    and earlier.month_number = months.month_number - distances.month_count
group by months.ledger_code, months.flow_code, months.period_month, distances.month_count
having count(*) >= 20 and avg(case when months.value_usd = earlier.value_usd then 1.0 else 0.0 end) > 0.33
