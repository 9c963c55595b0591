-- Fails on: a figure of a month that was not over when its printing was known: a wrong date, or a forecast.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_reports"}}}) }}
with

    reports as (
        select release_id, ledger_code, period_month, known_from
        from {{ ref("int_trade_reports") }}
        union
        select release_id, ledger_code, period_month, known_from
        from {{ ref("int_product_reports") }}
    )

select *
from reports
where
    ledger_code in ('kcs', 'census')
    and known_from < cast({{ dbt.dateadd("month", 1, "period_month") }} as {{ dbt.type_timestamp() }})
