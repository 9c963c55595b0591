-- Fails on: a series whose changes between vintages do not lead from its first value to its latest.
with

    series as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            product_code,
            period_month,
            sum(change_usd) as changes_usd,
            sum(case when is_latest then value_usd end)
            - sum(case when vintage_number = 1 then value_usd end) as moved_usd
        from {{ ref("surplus_vintages") }}
        group by ledger_code, reporter_iso3, partner_iso3, flow_code, product_code, period_month
        having sum(case when value_usd is null then 1 else 0 end) = 0 and count(*) > 1
    )

select *
from series
where changes_usd <> moved_usd
