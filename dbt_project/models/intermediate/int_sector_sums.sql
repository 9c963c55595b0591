{{ kept_unless("forget_changed_sums()", "period_month") }}
-- depends_on: {{ ref('int_release_coverage') }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- What is printed of a sector, products added up; in a month of which no table prints the world, partners added up. By
-- number: int_sector_reports has the words.
with

    {% if reads_changes_only() %} changed_months as ({{ months_made_anew() }}), {% endif %}

    spoken_of as (
        select ledger_code, reporter_iso3, flow_code, period_month
        from {{ ref("int_release_months") }}
        group by ledger_code, reporter_iso3, flow_code, period_month
    ),

    -- A number for each month of a place too: the sums below have three codes to compare, not six.
    places as (
        select
            spoken_of.ledger_code,
            spoken_of.reporter_iso3,
            spoken_of.flow_code,
            spoken_of.period_month,
            places.place_number,
            cast(
                row_number() over (order by places.place_number, spoken_of.period_month) as integer
            ) as place_month_number
        from spoken_of
        inner join
            {{ ref("int_sector_places") }} as places
            on {{ alike(["ledger_code", "reporter_iso3", "flow_code"], "places", "spoken_of") }}
    ),

    -- Joined so that DuckDB looks a place up before a product becomes that of several sectors.
    products as (
        select
            places.place_month_number,
            products.partner_iso3,
            products.product_kind,
            products.product_code,
            {{ valuation_code("products.valuation") }} as valuation_code,
            products.value_usd,
            products.weight_kg,
            {{ status_code("products.data_status") }} as status_code,
            products.known_from
        from {{ ref("int_product_current") }} as products
        left join
            places on {{ alike(["ledger_code", "reporter_iso3", "flow_code", "period_month"], "places", "products") }}
        {% if reads_changes_only() %}
            inner join
                changed_months
                on changed_months.ledger_code = products.ledger_code
                and changed_months.reporter_iso3 = products.reporter_iso3
                and changed_months.period_month = products.period_month
            where
                products.period_month in ({{ dates_of_changed_releases() }})
                and products.release_id in ({{ releases_speaking_of(months_made_anew()) }})
        {% endif %}
    ),

    sectors as (select * from {{ ref("int_sector_numbers") }}),

    sector_products as (
        select sector_products.product_kind, sector_products.product_code, sectors.sector_number
        from {{ ref("int_sector_products") }} as sector_products
        inner join sectors on {{ alike(["scheme_code", "sector_code"], "sectors", "sector_products") }}
    ),

    mapped as (
        select
            products.place_month_number,
            products.partner_iso3,
            sector_products.sector_number,
            {{ one_valuation_code("products.valuation_code") }} as valuation_code,
            sum(products.value_usd) as value_usd,
            case when count(products.weight_kg) = count(*) then sum(products.weight_kg) end as weight_kg,
            min(products.status_code) as status_code,
            max(products.known_from) as known_from
        from products
        inner join sector_products on {{ alike(["product_kind", "product_code"], "sector_products", "products") }}
        group by products.place_month_number, products.partner_iso3, sector_products.sector_number
    ),

    worlds as (
        select distinct mapped.place_month_number, sectors.scheme_code
        from mapped
        inner join sectors on sectors.sector_number = mapped.sector_number
        where mapped.partner_iso3 = 'WLD'
    ),

    added as (
        select
            mapped.place_month_number,
            'WLD' as partner_iso3,
            mapped.sector_number,
            {{ one_valuation_code("mapped.valuation_code") }} as valuation_code,
            sum(mapped.value_usd) as value_usd,
            case when count(mapped.weight_kg) = count(*) then sum(mapped.weight_kg) end as weight_kg,
            min(mapped.status_code) as status_code,
            max(mapped.known_from) as known_from
        from mapped
        inner join sectors on sectors.sector_number = mapped.sector_number
        left join
            worlds on worlds.place_month_number = mapped.place_month_number and worlds.scheme_code = sectors.scheme_code
        where worlds.place_month_number is null
        group by mapped.place_month_number, mapped.sector_number
    ),

    both_kinds as (
        select *
        from mapped
        union all
        select *
        from added
    )

select
    places.place_number,
    both_kinds.partner_iso3,
    both_kinds.sector_number,
    places.period_month,
    both_kinds.valuation_code,
    {{ as_kept("both_kinds.value_usd") }} as value_usd,
    {{ as_kept("both_kinds.weight_kg") }} as weight_kg,
    both_kinds.status_code,
    both_kinds.known_from
from both_kinds
inner join places on places.place_month_number = both_kinds.place_month_number
