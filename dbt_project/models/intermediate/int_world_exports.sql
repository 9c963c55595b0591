{#-
    Exports to the world by code, of one ledger alone: advantage and complexity compare exporters, so all must be counted in
    one way. BACI where any of it is held, for it reconciles both sides of each flow; else what reporters told the United
    Nations by year. Of BACI the newest edition of the HS that is held, since codes of two editions are not the same goods.

    BACI does not join int_product_reports: eleven million flows a year between all countries would fill the marts of two
    countries' trade, and its releases restate all years, so that each figure would be a new vintage each year.
-#}
with

    releases as (select * from {{ ref("stg_entrepot__releases") }}),

    countries as (select * from {{ ref("countries") }}),

    -- BACI numbers countries as Comtrade does.
    country_codes as (select * from {{ ref("country_codes") }} where ledger_code = 'comtrade'),

    chosen as (
        select case when count(*) > 0 then 'baci' else 'comtrade' end as ledger_code
        from releases
        where source_name = 'baci'
    ),

    -- Small tables of what is held, so that the rows themselves are read once and never sorted.
    baci_held as (
        select hs_revision, year, release_id, known_from
        from {{ ref("stg_baci__flows") }}
        where quarantine_reason is null
        group by hs_revision, year, release_id, known_from
    ),

    baci_ranked as (
        select
            *,
            rank() over (order by hs_revision desc) as revision_rank,
            row_number() over (partition by hs_revision, year order by known_from desc, release_id desc) as nth_latest
        from baci_held
    ),

    comtrade_ranked as (
        select
            reporter_code,
            year,
            release_id,
            row_number() over (partition by reporter_code, year order by known_from desc, release_id desc) as nth_latest
        from {{ ref("stg_comtrade__annual_products") }}
        where quarantine_reason is null
        group by reporter_code, year, release_id, known_from
    ),

    reported as (
        select
            'baci' as ledger_code,
            flows.exporter_code,
            flows.product_code,
            flows.year,
            flows.value_usd,
            flows.known_from
        from {{ ref("stg_baci__flows") }} as flows
        inner join
            baci_ranked
            on baci_ranked.release_id = flows.release_id
            and baci_ranked.hs_revision = flows.hs_revision
            and baci_ranked.year = flows.year
            and baci_ranked.nth_latest = 1
            and baci_ranked.revision_rank = 1
        where flows.quarantine_reason is null
        union all
        select 'comtrade', annual.reporter_code, annual.product_code, annual.year, annual.value_usd, annual.known_from
        from {{ ref("stg_comtrade__annual_products") }} as annual
        inner join
            comtrade_ranked
            on comtrade_ranked.release_id = annual.release_id
            and comtrade_ranked.reporter_code = annual.reporter_code
            and comtrade_ranked.year = annual.year
            and comtrade_ranked.nth_latest = 1
        where annual.quarantine_reason is null and annual.flow_code = 'export' and annual.publisher_code = '0'
    ),

    named as (
        select
            reported.ledger_code,
            coalesce(country_codes.iso3, concat('_', reported.exporter_code)) as exporter_iso3,
            reported.product_code,
            reported.year,
            reported.value_usd,
            reported.known_from
        from reported
        inner join chosen on chosen.ledger_code = reported.ledger_code
        left join country_codes on country_codes.publisher_code = reported.exporter_code
    ),

    levels as (
        select 2 as hs_level
        union all
        select 4
        union all
        select 6
    )

select
    named.ledger_code,
    named.exporter_iso3,
    levels.hs_level,
    substr(named.product_code, 1, levels.hs_level) as product_code,
    named.year,
    {{ money("sum(named.value_usd)") }} as value_usd,
    max(named.known_from) as known_from
from named
inner join levels on levels.hs_level <= length(named.product_code)
left join countries on countries.iso3 = named.exporter_iso3
where coalesce(countries.kind, 'country') not in ('group', 'world')
group by
    named.ledger_code, named.exporter_iso3, levels.hs_level, substr(named.product_code, 1, levels.hs_level), named.year
