with

    products as (select * from {{ ref("products") }}),

    -- The list of HS 2022 is the one with names: a code that lived on keeps its name in the revisions before.
    names as (select * from products where hs_revision = 'HS2022')

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
