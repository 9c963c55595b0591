{{ config(materialized="view") }}

-- Which table gives which kind of product, one for each ledger and flow: `set` and `national_item` (memory chips) all
-- partners, for the sets; `subheading` the world, and `chapter` all partners, for the schemes of HS codes. `item` is
-- every code of a few chosen partners: it feeds rankings of those, and no sector, which needs every partner.
with

    flows as (
        select 'export' as flow_code
        union all
        select 'import'
    )

select
    release_id,
    publisher_code,
    'set' as product_kind,
    product_code,
    period_month,
    'export' as flow_code,
    export_fob_usd as value_usd,
    export_kg as weight_kg
from {{ ref("stg_kcs__set_exports") }}
where quarantine_reason is null
union all
select
    release_id,
    publisher_code,
    'national_item',
    product_code,
    period_month,
    flow_code,
    case flow_code when 'export' then export_fob_usd else import_cif_usd end,
    case flow_code when 'export' then export_kg else import_kg end
from {{ ref("stg_kcs__chip_trade") }}
cross join flows
where quarantine_reason is null
union all
select release_id, '_TOTAL', 'subheading', product_code, period_month, 'export', export_fob_usd, null
from {{ ref("stg_kcs__subheading_exports") }}
where quarantine_reason is null
union all
select release_id, publisher_code, 'chapter', product_code, period_month, 'import', import_customs_usd, null
from {{ ref("stg_census__chapter_imports") }}
where quarantine_reason is null
union all
select release_id, publisher_code, 'chapter', product_code, period_month, 'export', export_fas_usd, null
from {{ ref("stg_census__chapter_exports") }}
where quarantine_reason is null
union all
select
    release_id,
    publisher_code,
    'item',
    product_code,
    period_month,
    flow_code,
    case flow_code when 'export' then export_fob_usd else import_cif_usd end,
    case flow_code when 'export' then export_kg else import_kg end
from {{ ref("stg_kcs__item_trade") }}
cross join flows
where quarantine_reason is null
union all
select release_id, publisher_code, 'item', product_code, period_month, 'import', import_customs_usd, null
from {{ ref("stg_census__subheading_imports") }}
where quarantine_reason is null
union all
select release_id, publisher_code, 'item', product_code, period_month, 'export', export_fas_usd, null
from {{ ref("stg_census__subheading_exports") }}
where quarantine_reason is null
