-- Fails on: an HS code that falls into two sectors of a scheme, because one prefix begins another; and a chapter of
-- the current
-- revision that a scheme meant to hold every chapter leaves out.
{{ config(meta={"dagster": {"ref": {"name": "dim_sector"}}}) }}
with

    sector_products as (select * from {{ ref("sector_products") }}),

    overlapping as (
        select longer.scheme_code, longer.product_code
        from sector_products as longer
        inner join
            sector_products as shorter
            on shorter.scheme_code = longer.scheme_code
            and {{ begins_with("longer.product_code", "shorter.product_code") }}
        group by longer.scheme_code, longer.product_code
        having count(*) > 1
    ),

    schemes as (
        select distinct scheme_code from {{ ref("dim_sector") }} where scheme_code in ('hs_chapter', 'hs_section')
    ),

    missing as (
        select schemes.scheme_code, products.product_code
        from {{ ref("dim_product") }} as products
        cross join schemes
        left join
            sector_products
            on sector_products.scheme_code = schemes.scheme_code
            and sector_products.product_code = products.product_code
        where products.hs_revision = 'HS2022' and products.hs_level = 2 and sector_products.sector_code is null
    )

select *
from overlapping
union all
select *
from missing
