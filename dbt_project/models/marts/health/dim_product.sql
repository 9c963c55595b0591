with

    products as (select * from {{ ref("products") }}),

    -- The list of HS 2022 is the one with names: a code that lived on keeps its name in the revisions before.
    names as (select * from products where hs_revision = 'HS2022'),

    korean_lists as (select * from {{ ref("stg_kcs__hs_codes") }} where quarantine_reason is null),

    newest_list as (select max(known_from) as known_from from korean_lists),

    -- A code that was changed within the year stands there with each of its spans of days.
    korean_codes as (
        select
            korean_lists.product_code,
            korean_lists.product_name,
            korean_lists.product_name_ko,
            row_number() over (
                partition by korean_lists.product_code
                order by korean_lists.valid_from_date desc nulls last, korean_lists.release_id, korean_lists.row_number
            ) as nth_of_code
        from korean_lists
        inner join newest_list on newest_list.known_from = korean_lists.known_from
    ),

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
    korean_codes.product_code,
    korean_codes.product_name,
    korean_codes.product_name_ko,
    chapters.section_code,
    substr(korean_codes.product_code, 1, 6) as parent_code,
    false as is_changed
from korean_codes
left join names as chapters on chapters.hs_level = 2 and chapters.product_code = substr(korean_codes.product_code, 1, 2)
where korean_codes.nth_of_code = 1
