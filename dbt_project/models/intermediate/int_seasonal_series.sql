{{ config(materialized="view") }}

with

    current_trade as (select * from {{ ref("int_trade_current") }} where product_code = 'TOTAL'),

    latest as (
        select ledger_code, reporter_iso3, max(period_month) as last_month
        from current_trade
        where partner_iso3 = 'WLD'
        group by ledger_code, reporter_iso3
    ),

    recent as (
        select
            current_trade.ledger_code,
            current_trade.reporter_iso3,
            current_trade.partner_iso3,
            sum(current_trade.value_usd) as trade_usd
        from current_trade
        inner join
            latest
            on latest.ledger_code = current_trade.ledger_code
            and latest.reporter_iso3 = current_trade.reporter_iso3
        where current_trade.period_month > cast({{ dbt.dateadd("month", -12, "latest.last_month") }} as date)
        group by current_trade.ledger_code, current_trade.reporter_iso3, current_trade.partner_iso3
    ),

    sized as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            row_number() over (
                partition by ledger_code, reporter_iso3 order by trade_usd desc, partner_iso3
            ) as size_rank
        from recent
    )

select
    current_trade.ledger_code,
    current_trade.reporter_iso3,
    current_trade.partner_iso3,
    current_trade.flow_code,
    current_trade.period_month,
    current_trade.value_usd,
    working_days.working_days,
    working_days.seollal_days,
    working_days.chuseok_days
from current_trade
inner join
    sized
    on sized.ledger_code = current_trade.ledger_code
    and sized.reporter_iso3 = current_trade.reporter_iso3
    and sized.partner_iso3 = current_trade.partner_iso3
inner join
    {{ ref("working_days_monthly") }} as working_days
    on working_days.reporter_iso3 = current_trade.reporter_iso3
    and working_days.period_month = current_trade.period_month
-- The world is the largest of all.
where sized.size_rank <= 21
