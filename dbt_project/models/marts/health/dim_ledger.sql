with

    ledgers as (select * from {{ ref("int_ledgers_known") }}),

    current_trade as (select * from {{ ref("int_trade_current") }}),

    spans as (
        select
            ledger_code,
            min(period_month) as first_period_month,
            max(period_month) as last_period_month,
            max(known_from) as known_from
        from current_trade
        group by ledger_code
    )

select
    ledgers.ledger_code,
    ledgers.ledger_name,
    ledgers.publisher_name,
    ledgers.reporter_iso3,
    ledgers.export_concept,
    ledgers.export_valuation,
    ledgers.import_concept,
    ledgers.import_valuation,
    ledgers.timing_rule,
    ledgers.currency_code,
    ledgers.homepage_url,
    ledgers.licence,
    spans.first_period_month,
    spans.last_period_month,
    spans.known_from
from ledgers
left join spans on spans.ledger_code = ledgers.ledger_code
