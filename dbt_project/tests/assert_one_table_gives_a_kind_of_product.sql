-- Fails on: a kind of product of a ledger and flow that two tables print, which would be added up or take turns.
{{ config(meta={"dagster": {"ref": {"name": "int_product_reports"}}}) }}
select ledger_code, flow_code, product_kind
from {{ ref("int_product_reports") }}
where ledger_code in ('kcs', 'census')
group by ledger_code, flow_code, product_kind
having min(dataset_code) <> max(dataset_code)
