-- The ledgers of publishers and those that a user brings, one for each reporter.
with

    brought as (
        select distinct ledger_code, user_ledger_code, reporter_iso3
        from {{ ref("int_inbox_trade") }}
        where quarantine_reason is null
    )

select
    ledger_code,
    ledger_name,
    publisher_name,
    reporter_iso3,
    export_concept,
    export_valuation,
    import_concept,
    import_valuation,
    timing_rule,
    currency_code,
    homepage_url,
    licence
from {{ ref("ledgers") }}
union all
select
    ledger_code,
    concat('Your ledger ', user_ledger_code, ' of ', reporter_iso3) as ledger_name,
    'Your own files' as publisher_name,
    reporter_iso3,
    'Exports' as export_concept,
    'unstated' as export_valuation,
    'Imports' as import_concept,
    'unstated' as import_valuation,
    'Unstated' as timing_rule,
    'USD' as currency_code,
    cast(null as {{ dbt.type_string() }}) as homepage_url,
    'Yours' as licence
from brought
