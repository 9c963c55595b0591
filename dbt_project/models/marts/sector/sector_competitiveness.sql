{%- set market = "partition by ledger_code, market_iso3, hs_level, year" %}
with

    imports as (
        select
            ledger_code,
            partner_iso3 as exporter_iso3,
            reporter_iso3 as market_iso3,
            hs_level,
            product_code,
            cast(extract(year from period_start) as integer) as year,
            value_usd,
            data_status,
            known_from
        from {{ ref("int_product_periods") }}
        where flow_code = 'import' and frequency_code = 'year' and partner_iso3 <> 'WLD' and value_usd > 0
    ),

    measured as (
        select
            *,
            sum(value_usd) over ({{ market }}, exporter_iso3) as exporter_usd,
            sum(value_usd) over ({{ market }}, product_code) as product_usd,
            sum(value_usd) over ({{ market }}) as market_usd
        from imports
    ),

    compared as (
        select
            *,
            {{ ratio("value_usd", "product_usd") }} as market_share,
            {{ ratio(ratio("value_usd", "exporter_usd"), ratio("product_usd", "market_usd")) }} as rca_market
        from measured
    ),

    world as (select * from {{ ref("int_world_rca") }}),

    complexity as (select * from {{ ref("int_world_complexity") }})

select
    compared.ledger_code,
    compared.exporter_iso3,
    compared.market_iso3,
    compared.hs_level,
    compared.product_code,
    compared.year,
    compared.value_usd,
    compared.market_share,
    compared.rca_market as rca_market_ratio,
    {{ ratio("compared.rca_market - 1", "compared.rca_market + 1") }} as rsca_market_index,
    world.rca_world as rca_world_ratio,
    {{ ratio("world.rca_world - 1", "world.rca_world + 1") }} as rsca_world_index,
    exporters.complexity_index as eci_index,
    products.complexity_index as pci_index,
    compared.data_status,
    compared.known_from
from compared
left join
    world
    on world.exporter_iso3 = compared.exporter_iso3
    and world.hs_level = compared.hs_level
    and world.product_code = compared.product_code
    and world.year = compared.year
left join
    complexity as exporters
    on exporters.ledger_code = world.ledger_code
    and exporters.dimension_code = 'exporter'
    and exporters.hs_level = world.hs_level
    and exporters.year = world.year
    and exporters.item_code = world.exporter_iso3
left join
    complexity as products
    on products.ledger_code = world.ledger_code
    and products.dimension_code = 'product'
    and products.hs_level = world.hs_level
    and products.year = world.year
    and products.item_code = world.product_code
