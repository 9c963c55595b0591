{{ kept_unless("forget_changed_reports()") }}
with

    releases as (
        select *
        from {{ ref("stg_entrepot__releases") }}
        {% if reads_changed_rows_only() %} where release_id in ({{ releases_of_changed_totals() }}) {% endif %}
    ),

    ledgers as (select * from {{ ref("int_ledgers_known") }}),

    country_codes as (select * from {{ ref("country_codes") }}),

    countries as (select * from {{ ref("countries") }}),

    flows as (
        select 'export' as flow_code
        union all
        select 'import'
    ),

    -- Each printed row is read once and said twice: as an export and as an import.
    printed as (
        select
            release_id,
            publisher_code,
            period_month,
            flow_code,
            case flow_code when 'export' then export_fob_usd else import_cif_usd end as value_usd,
            1 as precision_usd
        from {{ ref("stg_kcs__country_totals") }}
        cross join flows
        where quarantine_reason is null
        union all
        select
            release_id,
            '_TOTAL',
            period_month,
            flow_code,
            case flow_code when 'export' then export_fob_usd else import_cif_usd end,
            precision_usd
        from {{ ref("int_world_totals_chosen") }}
        cross join flows
        union all
        select release_id, publisher_code, period_month, 'export', export_fas_usd, 1
        from {{ ref("stg_census__country_exports") }}
        where quarantine_reason is null
        union all
        select release_id, publisher_code, period_month, 'import', import_customs_usd, 1
        from {{ ref("stg_census__country_imports") }}
        where quarantine_reason is null
        union all
        select
            release_id,
            publisher_code,
            period_month,
            flow_code,
            case flow_code when 'export' then export_fas_usd else import_customs_usd end,
            precision_usd
        from {{ ref("stg_census__country_workbook") }}
        cross join flows
        where quarantine_reason is null
    ),

    -- A ledger of one country's customs has its reporter; in one of many, the row names it.
    said as (
        select
            printed.release_id,
            releases.ledger_code,
            cast(null as {{ dbt.type_string() }}) as reporter_iso3,
            coalesce(country_codes.iso3, concat('_', printed.publisher_code)) as partner_iso3,
            printed.flow_code,
            printed.period_month,
            printed.value_usd,
            printed.precision_usd,
            cast(null as {{ dbt.type_string() }}) as valuation
        from printed
        inner join releases on releases.release_id = printed.release_id
        left join
            country_codes
            on country_codes.ledger_code = releases.ledger_code
            and country_codes.publisher_code = printed.publisher_code
        union all
        -- Both print cents.
        select release_id, ledger_code, reporter_iso3, partner_iso3, flow_code, period_month, value_usd, 0.01, valuation
        from {{ ref("int_reporters_named") }}
        where is_total
    ),

    placed as (
        select
            releases.release_id,
            releases.scope,
            releases.dataset_code,
            said.ledger_code,
            coalesce(ledgers.reporter_iso3, said.reporter_iso3) as reporter_iso3,
            said.partner_iso3,
            said.flow_code,
            'TOTAL' as product_code,
            said.period_month,
            said.value_usd,
            said.precision_usd,
            coalesce(
                said.valuation,
                case when said.flow_code = 'export' then ledgers.export_valuation else ledgers.import_valuation end
            ) as valuation,
            case
                when said.period_month <= releases.settled_through_month
                then releases.settled_status
                else releases.open_status
            end as data_status,
            releases.known_from
        from said
        inner join releases on releases.release_id = said.release_id
        inner join ledgers on ledgers.ledger_code = said.ledger_code
    )

select
    placed.release_id,
    placed.scope,
    placed.dataset_code,
    placed.ledger_code,
    placed.reporter_iso3,
    placed.partner_iso3,
    placed.flow_code,
    placed.product_code,
    placed.period_month,
    cast(sum(placed.value_usd) as decimal(20, 2)) as value_usd,
    cast(max(placed.precision_usd) as decimal(20, 2)) as precision_usd,
    placed.valuation,
    placed.data_status,
    placed.known_from
from placed
left join countries on countries.iso3 = placed.partner_iso3
-- Groups of countries overlap: with them, partners would not add up to the world.
where coalesce(countries.kind, 'country') <> 'group'
group by
    placed.release_id,
    placed.scope,
    placed.dataset_code,
    placed.ledger_code,
    placed.reporter_iso3,
    placed.partner_iso3,
    placed.flow_code,
    placed.product_code,
    placed.period_month,
    placed.valuation,
    placed.data_status,
    placed.known_from
