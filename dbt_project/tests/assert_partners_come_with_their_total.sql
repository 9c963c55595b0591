-- Fails on: a month of a printing that lists partners and lacks the total against which they are checked. The
-- workbook has a world row from 1987 on.
{{ config(meta={"dagster": {"ref": {"name": "int_trade_reports"}}}) }}
select release_id, flow_code, period_month
from {{ ref("int_trade_reports") }}
where
    (dataset_code like 'kcs.%' or dataset_code like 'census.%')
    and (dataset_code <> 'census.country_workbook' or period_month >= cast('1987-01-01' as date))
group by release_id, flow_code, period_month
having count(case when partner_iso3 = 'WLD' then 1 end) = 0
