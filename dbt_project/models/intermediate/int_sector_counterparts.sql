{#-
    One row per sector of ours (hs_sector) and sector of another scheme that shares goods with it: one code begins with the
    other. Place 1 shares most codes.
-#}
with products as (select * from {{ ref("sector_products") }})

select
    ours.sector_code as our_sector_code,
    products.scheme_code,
    products.sector_code,
    row_number() over (
        partition by ours.sector_code, products.scheme_code order by count(*) desc, products.sector_code
    ) as place
from products as ours
inner join
    products
    on products.product_code like concat(ours.product_code, '%')
    or ours.product_code like concat(products.product_code, '%')
where ours.scheme_code = 'hs_sector'
group by ours.sector_code, products.scheme_code, products.sector_code
