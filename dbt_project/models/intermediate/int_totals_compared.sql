{{ config(materialized="view") }}

-- What partners add up to beside the published total, in each release that holds both.
with reports as (select * from {{ ref("int_trade_reports") }} where product_code = 'TOTAL')

select
    release_id,
    dataset_code,
    ledger_code,
    reporter_iso3,
    flow_code,
    period_month,
    {{ money("max(case when partner_iso3 = 'WLD' then value_usd end)") }} as total_usd,
    {{ money("sum(case when partner_iso3 <> 'WLD' then value_usd end)") }} as parts_usd
from reports
group by release_id, dataset_code, ledger_code, reporter_iso3, flow_code, period_month
having
    count(case when partner_iso3 = 'WLD' then value_usd end) > 0
    and count(case when partner_iso3 <> 'WLD' then value_usd end) > 0
