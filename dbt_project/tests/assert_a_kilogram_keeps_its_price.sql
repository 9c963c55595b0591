-- Fails on: a product whose dollars per kilogram, over all partners, leave the range of a tenth to ten times
-- the year before: tonnes under the name of kilograms, or dollars in thousands.
{{ config(meta={"dagster": {"ref": {"name": "int_product_current"}}}) }}
with

    months as (
        select
            product_kind,
            product_code,
            flow_code,
            period_month,
            sum(value_usd) as value_usd,
            cast(sum(value_usd) as double) / cast(sum(weight_kg) as double) as usd_per_kg
        from {{ ref("int_product_current") }}
        where weight_kg > 0 and ledger_code in ('kcs', 'census')
        group by product_kind, product_code, flow_code, period_month
    ),

    compared as (
        select
            *,
            avg(usd_per_kg) over (
                partition by product_kind, product_code, flow_code
                order by period_month
                rows between 12 preceding and 1 preceding
            ) as usual_usd_per_kg
        from months
    )

select *
from compared
where value_usd > 100000000 and (usd_per_kg < usual_usd_per_kg * 0.1 or usd_per_kg > usual_usd_per_kg * 10)
