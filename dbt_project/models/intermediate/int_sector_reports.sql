{{ kept_unless("forget_changed_months(months_of_changed_releases())") }}
-- depends_on: {{ ref('int_release_coverage') }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
{%- set series = "ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month" %}
-- What is printed of a sector, products added up; in a month of which no table prints the world, partners added up.
with

    {% if reads_changes_only() %} changed_months as ({{ months_of_changed_releases() }}), {% endif %}

    products as (
        select products.*
        from {{ ref("int_product_current") }} as products
        {% if reads_changes_only() %}
            inner join
                changed_months
                on changed_months.ledger_code = products.ledger_code
                and changed_months.reporter_iso3 = products.reporter_iso3
                and changed_months.period_month = products.period_month
            where products.period_month in ({{ dates_of_changed_releases() }})
        {% endif %}
    ),

    sector_products as (select * from {{ ref("int_sector_products") }}),

    mapped as (
        select
            products.ledger_code,
            products.reporter_iso3,
            products.partner_iso3,
            products.flow_code,
            sector_products.scheme_code,
            sector_products.sector_code,
            products.period_month,
            {{ one_valuation("products.valuation") }} as valuation,
            sum(products.value_usd) as value_usd,
            case when count(products.weight_kg) = count(*) then sum(products.weight_kg) end as weight_kg,
            {{ least_settled("products.data_status") }} as data_status,
            max(products.known_from) as known_from
        from products
        inner join
            sector_products
            on sector_products.product_kind = products.product_kind
            and sector_products.product_code = products.product_code
        group by
            products.ledger_code,
            products.reporter_iso3,
            products.partner_iso3,
            products.flow_code,
            sector_products.scheme_code,
            sector_products.sector_code,
            products.period_month
    ),

    worlds as (
        select distinct ledger_code, reporter_iso3, flow_code, scheme_code, period_month
        from mapped
        where partner_iso3 = 'WLD'
    ),

    added as (
        select
            mapped.ledger_code,
            mapped.reporter_iso3,
            'WLD' as partner_iso3,
            mapped.flow_code,
            mapped.scheme_code,
            mapped.sector_code,
            mapped.period_month,
            {{ one_valuation("mapped.valuation") }} as valuation,
            sum(mapped.value_usd) as value_usd,
            case when count(mapped.weight_kg) = count(*) then sum(mapped.weight_kg) end as weight_kg,
            {{ least_settled("mapped.data_status") }} as data_status,
            max(mapped.known_from) as known_from
        from mapped
        left join
            worlds
            on worlds.ledger_code = mapped.ledger_code
            and worlds.reporter_iso3 = mapped.reporter_iso3
            and worlds.flow_code = mapped.flow_code
            and worlds.scheme_code = mapped.scheme_code
            and worlds.period_month = mapped.period_month
        where worlds.ledger_code is null
        group by
            mapped.ledger_code,
            mapped.reporter_iso3,
            mapped.flow_code,
            mapped.scheme_code,
            mapped.sector_code,
            mapped.period_month
    ),

    both_kinds as (
        select *
        from mapped
        union all
        select *
        from added
    )

select
    {{ series }},
    valuation,
    {{ money("value_usd") }} as value_usd,
    cast(weight_kg as decimal(20, 2)) as weight_kg,
    data_status,
    known_from
from both_kinds
