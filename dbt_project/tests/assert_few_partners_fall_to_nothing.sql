-- Fails on: a month in which more than 15 % of the partners with trade in the month before have 0 or no figure: 0 in
-- the
-- place of what is not known, or half a file. The most that was ever printed is 6 %.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_current"}}}) }}
with

    trade as (
        select
            ledger_code,
            partner_iso3,
            flow_code,
            period_month,
            extract(year from period_month) * 12 + extract(month from period_month) as month_number,
            value_usd
        from {{ ref("int_trade_current") }}
        where ledger_code in ('kcs', 'census')
    ),

    printed as (select distinct ledger_code, flow_code, period_month, month_number from trade),

    compared as (
        select
            printed.ledger_code,
            printed.flow_code,
            printed.period_month,
            case when coalesce(trade.value_usd, 0) = 0 then 1.0 else 0.0 end as is_nothing
        from printed
        inner join
            trade as earlier
            on earlier.ledger_code = printed.ledger_code
            and earlier.flow_code = printed.flow_code
            and earlier.month_number = printed.month_number - 1
        left join
            trade
            on trade.ledger_code = earlier.ledger_code
            and trade.partner_iso3 = earlier.partner_iso3
            and trade.flow_code = earlier.flow_code
            and trade.period_month = printed.period_month
        where earlier.partner_iso3 <> 'WLD' and earlier.value_usd > 100000
    )

select ledger_code, flow_code, period_month, avg(is_nothing) as nothing_share
from compared
group by ledger_code, flow_code, period_month
having count(*) >= 20 and avg(is_nothing) > 0.15
