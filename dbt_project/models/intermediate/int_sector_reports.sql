{{ kept_by_month() }}
-- depends_on: {{ ref('int_release_coverage') }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- What is printed of a sector, products added up; in a month of which no table prints the world, partners added up.
with

    {% if reads_changes_only() %} changed_months as ({{ months_made_anew() }}), {% endif %}

    products as (
        select products.*
        from {{ ref("int_product_current") }} as products
        {% if reads_changes_only() %}
            inner join
                changed_months
                on changed_months.ledger_code = products.ledger_code
                and changed_months.reporter_iso3 = products.reporter_iso3
                and changed_months.period_month = products.period_month
            where
                products.period_month in ({{ dates_of_changed_releases() }})
                and products.release_id in ({{ releases_of_changed_months() }})
        {% endif %}
    ),

    -- By number: the sums below have much less to compare than six codes.
    places as (
        select
            ledger_code,
            reporter_iso3,
            flow_code,
            period_month,
            cast(
                row_number() over (order by ledger_code, reporter_iso3, flow_code, period_month) as integer
            ) as place_number
        from {{ ref("int_release_months") }}
        group by ledger_code, reporter_iso3, flow_code, period_month
    ),

    sector_products as (
        select *, cast(dense_rank() over (order by scheme_code, sector_code) as integer) as sector_number
        from {{ ref("int_sector_products") }}
    ),

    sectors as (
        select sector_number, scheme_code, sector_code
        from sector_products
        group by sector_number, scheme_code, sector_code
    ),

    mapped as (
        select
            places.place_number,
            products.partner_iso3,
            sector_products.sector_number,
            {{ one_valuation("products.valuation") }} as valuation,
            sum(products.value_usd) as value_usd,
            case when count(products.weight_kg) = count(*) then sum(products.weight_kg) end as weight_kg,
            {{ least_settled("products.data_status") }} as data_status,
            max(products.known_from) as known_from
        from products
        inner join
            places
            on places.ledger_code = products.ledger_code
            and places.reporter_iso3 = products.reporter_iso3
            and places.flow_code = products.flow_code
            and places.period_month = products.period_month
        inner join
            sector_products
            on sector_products.product_kind = products.product_kind
            and sector_products.product_code = products.product_code
        group by places.place_number, products.partner_iso3, sector_products.sector_number
    ),

    worlds as (
        select distinct mapped.place_number, sectors.scheme_code
        from mapped
        inner join sectors on sectors.sector_number = mapped.sector_number
        where mapped.partner_iso3 = 'WLD'
    ),

    added as (
        select
            mapped.place_number,
            'WLD' as partner_iso3,
            mapped.sector_number,
            {{ one_valuation("mapped.valuation") }} as valuation,
            sum(mapped.value_usd) as value_usd,
            case when count(mapped.weight_kg) = count(*) then sum(mapped.weight_kg) end as weight_kg,
            {{ least_settled("mapped.data_status") }} as data_status,
            max(mapped.known_from) as known_from
        from mapped
        inner join sectors on sectors.sector_number = mapped.sector_number
        left join worlds on worlds.place_number = mapped.place_number and worlds.scheme_code = sectors.scheme_code
        where worlds.place_number is null
        group by mapped.place_number, mapped.sector_number
    ),

    both_kinds as (
        select *
        from mapped
        union all
        select *
        from added
    )

select
    places.ledger_code,
    places.reporter_iso3,
    both_kinds.partner_iso3,
    places.flow_code,
    sectors.scheme_code,
    sectors.sector_code,
    places.period_month,
    both_kinds.valuation,
    {{ as_kept("both_kinds.value_usd") }} as value_usd,
    {{ as_kept("both_kinds.weight_kg") }} as weight_kg,
    both_kinds.data_status,
    both_kinds.known_from
from both_kinds
inner join places on places.place_number = both_kinds.place_number
inner join sectors on sectors.sector_number = both_kinds.sector_number
