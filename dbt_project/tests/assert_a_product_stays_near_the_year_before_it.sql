-- Fails on: a product of a partner that usually has more than a billion dollars a month and falls below a tenth
-- of it or rises above five times. The widest held is 0.29 and 2.8.
{{ config(meta={"dagster": {"ref": {"name": "int_product_current"}}}) }}
with

    months as (
        select
            ledger_code,
            product_kind,
            product_code,
            partner_iso3,
            flow_code,
            period_month,
            value_usd,
            avg(value_usd) over (
                partition by ledger_code, product_kind, product_code, partner_iso3, flow_code
                order by period_month
                rows between 12 preceding and 1 preceding
            ) as usual_usd
        from {{ ref("int_product_current") }}
        where ledger_code in ('kcs', 'census')
    )

select *
from months
where usual_usd > 1000000000 and (value_usd < usual_usd * 0.1 or value_usd > usual_usd * 5)
