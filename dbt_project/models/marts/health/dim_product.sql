with

    products as (select * from {{ ref("products") }}),

    -- The list of HS 2022 is the one with names: a code that lived on keeps its name in the revisions before.
    names as (select * from products where hs_revision = 'HS2022'),

    harmonized as (
        select
            products.hs_revision,
            products.hs_level,
            products.product_code,
            coalesce(products.product_name, names.product_name) as product_name,
            coalesce(products.product_name_ko, names.product_name_ko) as product_name_ko,
            products.section_code,
            products.parent_code,
            breaks.product_code is not null as is_changed
        from products
        left join names on names.hs_level = products.hs_level and names.product_code = products.product_code
        left join
            {{ ref("int_product_breaks") }} as breaks
            on breaks.hs_revision = products.hs_revision
            and breaks.product_code = products.product_code
    )

select *
from harmonized
union all
select
    'HSK' as hs_revision,
    10 as hs_level,
    codes.product_code,
    codes.product_name,
    codes.product_name_ko,
    names.section_code,
    substr(codes.product_code, 1, 6) as parent_code,
    false as is_changed
from {{ ref("int_korean_codes_listed") }} as codes
left join names on names.hs_level = 2 and names.product_code = substr(codes.product_code, 1, 2)
