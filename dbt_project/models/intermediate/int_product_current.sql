{{ config(materialized="view") }}

select *
from {{ ref("int_product_observations") }}
where known_to is null and change_kind <> 'withdrawal'
