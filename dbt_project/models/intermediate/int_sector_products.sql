{{ added_to() }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- Which code of which kind of table belongs to which sector. A scheme is used only where the table's codes are fine
-- enough.
with

    -- Of what landed, whether or not a row could be read: a code too many finds no rows.
    codes as (
        select distinct product_kind, product_code
        from {{ ref("int_products_said") }}
        union
        select case when length(product_code) = 2 then 'chapter' else 'subheading' end, product_code
        from {{ ref("stg_comtrade__monthly_products") }}
        {% if reads_changes_only() %} where release_id in ({{ changed_releases() }}) {% endif %}
        group by product_code
    ),

    sector_products as (select * from {{ ref("sector_products") }}),

    schemes as (select scheme_code, max(hs_level) as finest_level from sector_products group by scheme_code)

select distinct codes.product_kind, codes.product_code, sector_products.scheme_code, sector_products.sector_code
from codes
inner join
    sector_products
    on (codes.product_kind = 'set' and sector_products.publisher_code = codes.product_code)
    or (
        codes.product_kind = 'national_item'
        and sector_products.publisher_code is not null
        and {{ begins_with("codes.product_code", "sector_products.product_code") }}
    )
    or (
        codes.product_kind in ('chapter', 'subheading')
        and sector_products.publisher_code is null
        and {{ begins_with("codes.product_code", "sector_products.product_code") }}
    )
inner join schemes on schemes.scheme_code = sector_products.scheme_code
where codes.product_kind in ('set', 'national_item') or schemes.finest_level <= length(codes.product_code)
{% if reads_changes_only() %}
    except
    select product_kind, product_code, scheme_code, sector_code
    from {{ this }}
{% endif %}
