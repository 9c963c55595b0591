{{ config(materialized="view") }}

select *
from {{ ref("int_flow_months") }}
union all
select *
from {{ ref("int_flow_years") }}
