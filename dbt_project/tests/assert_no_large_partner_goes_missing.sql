-- Fails on: a partner that usually has more than a billion dollars a month and is not in a month that was printed.
-- The largest that ever was missing had 99 million.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_current"}}}) }}
with

    trade as (
        select ledger_code, partner_iso3, flow_code, period_month, value_usd
        from {{ ref("int_trade_current") }}
        where ledger_code in ('kcs', 'census')
    ),

    printed as (select distinct ledger_code, flow_code, period_month from trade),

    numbered as (
        select *, row_number() over (partition by ledger_code, flow_code order by period_month) as month_number
        from printed
    ),

    usual as (
        select
            trade.ledger_code,
            trade.partner_iso3,
            trade.flow_code,
            trade.period_month,
            numbered.month_number,
            avg(trade.value_usd) over (
                partition by trade.ledger_code, trade.partner_iso3, trade.flow_code
                order by trade.period_month
                rows between 11 preceding and current row
            ) as usual_usd,
            lead(numbered.month_number) over (
                partition by trade.ledger_code, trade.partner_iso3, trade.flow_code order by trade.period_month
            ) as next_month_number
        from trade
        inner join
            numbered
            on numbered.ledger_code = trade.ledger_code
            and numbered.flow_code = trade.flow_code
            and numbered.period_month = trade.period_month
    )

select usual.ledger_code, usual.partner_iso3, usual.flow_code, numbered.period_month as missing_month, usual.usual_usd
from usual
inner join
    numbered
    on numbered.ledger_code = usual.ledger_code
    and numbered.flow_code = usual.flow_code
    and numbered.month_number = usual.month_number + 1
where usual.usual_usd > 1000000000 and coalesce(usual.next_month_number, 0) <> usual.month_number + 1
