{{ config(materialized="view") }}
-- A number in place of a scheme and a sector: what is kept of hundreds of millions of months is half as dear to write.
with sectors as (select scheme_code, sector_code from {{ ref("sector_products") }} group by scheme_code, sector_code)

select scheme_code, sector_code, cast(row_number() over (order by scheme_code, sector_code) as integer) as sector_number
from sectors
