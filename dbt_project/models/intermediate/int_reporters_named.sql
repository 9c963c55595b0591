{{ config(materialized="view") }}

-- What is said by sources of many reporters, of which each row names its own: the United Nations' totals (its products
-- are int_products_landed), and a user's files.
-- A row that tells how it is valued says so; where `valuation` is null, the ledger says it.
with

    country_codes as (select * from {{ ref("country_codes") }} where ledger_code = 'comtrade'),

    printed as (select * from {{ ref("stg_comtrade__monthly_trade") }} where quarantine_reason is null)

select
    true as is_total,
    printed.release_id,
    'comtrade' as ledger_code,
    coalesce(reporter_codes.iso3, concat('_', printed.reporter_code)) as reporter_iso3,
    coalesce(country_codes.iso3, concat('_', printed.publisher_code)) as partner_iso3,
    printed.flow_code,
    'total' as product_kind,
    'TOTAL' as product_code,
    printed.period_month,
    printed.value_usd,
    printed.weight_kg,
    printed.valuation
from printed
left join country_codes on country_codes.publisher_code = printed.publisher_code
left join country_codes as reporter_codes on reporter_codes.publisher_code = printed.reporter_code
union all
select
    product_code is null,
    release_id,
    ledger_code,
    reporter_iso3,
    partner_iso3,
    flow_code,
    case when product_code is null then 'total' when length(product_code) = 2 then 'chapter' else 'subheading' end,
    coalesce(product_code, 'TOTAL'),
    period_month,
    value_usd,
    weight_kg,
    cast(null as {{ dbt.type_string() }})
from {{ ref("int_inbox_trade") }}
where quarantine_reason is null
