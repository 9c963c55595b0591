-- Revealed comparative advantage on exports to the world (Balassa), from ledgers in which many countries report in
-- one way.
-- One country's own book cannot give it, so this is empty until world data are loaded.
with

    exports as (
        select *
        from {{ ref("int_product_periods") }}
        where flow_code = 'export' and partner_iso3 = 'WLD' and frequency_code = 'year' and value_usd > 0
    ),

    ledgers as (
        select ledger_code, hs_level, period_start
        from exports
        group by ledger_code, hs_level, period_start
        having count(distinct reporter_iso3) >= 30
    ),

    world as (
        select
            exports.*,
            sum(exports.value_usd) over (
                partition by exports.ledger_code, exports.hs_level, exports.period_start, exports.reporter_iso3
            ) as exporter_usd,
            sum(exports.value_usd) over (
                partition by exports.ledger_code, exports.hs_level, exports.period_start, exports.product_code
            ) as product_usd,
            sum(exports.value_usd) over (
                partition by exports.ledger_code, exports.hs_level, exports.period_start
            ) as world_usd
        from exports
        inner join
            ledgers
            on ledgers.ledger_code = exports.ledger_code
            and ledgers.hs_level = exports.hs_level
            and ledgers.period_start = exports.period_start
    )

select
    ledger_code,
    reporter_iso3 as exporter_iso3,
    hs_level,
    product_code,
    cast(extract(year from period_start) as integer) as year,
    {{ money("value_usd") }} as value_usd,
    {{ ratio(ratio("value_usd", "exporter_usd"), ratio("product_usd", "world_usd")) }} as rca_world
from world
