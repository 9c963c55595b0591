-- Codes of Korea's tariff by its newest list that was saved. One that changed within the year stands there with each
-- of its spans of days.
with

    lists as (select * from {{ ref("stg_kcs__hs_codes") }} where quarantine_reason is null),

    newest_list as (select max(known_from) as known_from from lists),

    numbered as (
        select
            lists.product_code,
            lists.product_name,
            lists.product_name_ko,
            lists.valid_from_date,
            lists.valid_to_date,
            row_number() over (
                partition by lists.product_code
                order by lists.valid_from_date desc nulls last, lists.release_id, lists.row_number
            ) as nth_of_code
        from lists
        inner join newest_list on newest_list.known_from = lists.known_from
    )

select product_code, product_name, product_name_ko, valid_from_date, valid_to_date
from numbered
where nth_of_code = 1
