{%- set matrix = "partition by exports.ledger_code, exports.hs_level, exports.year" %}
-- Revealed comparative advantage on exports to the world (Balassa), in years of which at least thirty exporters are
-- held: one country's own book cannot give it, so this is empty until world data are loaded.
with

    exports as (select * from {{ ref("int_world_exports") }} where value_usd > 0),

    years as (select hs_level, year from exports group by hs_level, year having count(distinct exporter_iso3) >= 30),

    world as (
        select
            exports.*,
            sum(exports.value_usd) over ({{ matrix }}, exports.exporter_iso3) as exporter_usd,
            sum(exports.value_usd) over ({{ matrix }}, exports.product_code) as product_usd,
            sum(exports.value_usd) over ({{ matrix }}) as world_usd
        from exports
        inner join years on years.hs_level = exports.hs_level and years.year = exports.year
    )

select
    ledger_code,
    exporter_iso3,
    hs_level,
    product_code,
    year,
    value_usd,
    {{ ratio(ratio("value_usd", "exporter_usd"), ratio("product_usd", "world_usd")) }} as rca_world
from world
