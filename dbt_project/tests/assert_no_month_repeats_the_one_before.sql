-- Fails on: a month in which more than a third of the partners have to the dollar what they had the month
-- before: the file of one month under the date of the next. The most that was ever printed is 6 %.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_current"}}}) }}
with

    months as (
        select
            ledger_code,
            flow_code,
            period_month,
            value_usd,
            lag(value_usd) over (
                partition by ledger_code, partner_iso3, flow_code order by period_month
            ) as month_before_usd
        from {{ ref("int_trade_current") }}
        where partner_iso3 <> 'WLD' and ledger_code in ('kcs', 'census')
    )

select
    ledger_code,
    flow_code,
    period_month,
    avg(case when value_usd = month_before_usd then 1.0 else 0.0 end) as repeated_share
from months
where value_usd > 100000 and month_before_usd is not null
group by ledger_code, flow_code, period_month
having count(*) >= 20 and avg(case when value_usd = month_before_usd then 1.0 else 0.0 end) > 0.33
