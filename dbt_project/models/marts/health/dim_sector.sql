with

    contents as (
        select scheme_code, sector_code, count(*) as product_code_count
        from {{ ref("sector_products") }}
        group by scheme_code, sector_code
    )

select
    sectors.scheme_code,
    sectors.sector_code,
    sectors.sector_name,
    sectors.sector_name_ko,
    sectors.sort_order,
    sectors.unit_value_quality,
    cast(coalesce(contents.product_code_count, 0) as bigint) as product_code_count,
    sectors.source as source_text
from {{ ref("sectors") }} as sectors
left join contents on contents.scheme_code = sectors.scheme_code and contents.sector_code = sectors.sector_code
