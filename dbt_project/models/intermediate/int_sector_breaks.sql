-- Sectors that are made of six-digit codes whose goods changed with a revision. No concordance of ten-digit codes is
-- held, so each revision breaks them.
with

    sector_products as (select * from {{ ref("sector_products") }}),

    breaks as (select * from {{ ref("int_product_breaks") }}),

    revisions as (select distinct hs_revision from breaks)

select sector_products.scheme_code, sector_products.sector_code, breaks.hs_revision
from sector_products
inner join breaks on breaks.product_code = sector_products.product_code
where sector_products.hs_level = 6
union
select sector_products.scheme_code, sector_products.sector_code, revisions.hs_revision
from sector_products
cross join revisions
where sector_products.hs_level > 6
