-- Every printing of each file of trade: later ones revise it.
with

    trade as (select * from {{ ref("stg_inbox__trade") }}),

    countries as (select * from {{ ref("countries") }}),

    levels as (
        select
            ledger_code,
            max(length(product_code)) as finest_level,
            max(case when quarantine_reason is null then known_from end) as known_from
        from trade
        where quarantine_reason is null
        group by ledger_code
    )

select
    trade.release_id,
    trade.known_from,
    trade.row_number,
    trade.user_ledger_code,
    trade.ledger_code,
    trade.reporter_iso3,
    trade.partner_iso3,
    trade.flow_code,
    trade.period_month,
    trade.product_code,
    trade.value_usd,
    trade.weight_kg,
    trade.raw_record,
    case
        when trade.quarantine_reason is not null
        then trade.quarantine_reason
        when reporters.iso3 is null or reporters.kind in ('group', 'world')
        then 'the reporter is no country of three letters by ISO 3166'
        when partners.iso3 is null
        then 'the partner is no country of three letters by ISO 3166, and not WLD for the world'
        when partners.kind = 'group'
        then 'the partner is a group of countries'
        when trade.partner_iso3 = trade.reporter_iso3
        then 'the partner is the reporter itself'
        when length(trade.product_code) < levels.finest_level
        then 'the ledger has products of six digits, and their sums of two would count twice'
    end as quarantine_reason
from trade
left join countries as reporters on reporters.iso3 = trade.reporter_iso3
left join countries as partners on partners.iso3 = trade.partner_iso3
left join levels on levels.ledger_code = trade.ledger_code
