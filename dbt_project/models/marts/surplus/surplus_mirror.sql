with

    monthly as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            'month' as frequency_code,
            period_month as period_start,
            export_usd,
            import_usd,
            balance_usd,
            export_valuation,
            import_valuation,
            data_status,
            known_from
        from {{ ref("surplus_monthly") }}
        where balance_usd is not null
    ),

    annual as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            'year' as frequency_code,
            cast(concat(cast(year as {{ dbt.type_string() }}), '-01-01') as date) as period_start,
            export_usd,
            import_usd,
            balance_usd,
            export_valuation,
            import_valuation,
            data_status,
            known_from
        from {{ ref("int_surplus_annual") }}
        where balance_months_count = 12
    ),

    books as (
        select *
        from monthly
        union all
        select *
        from annual
    ),

    mirrored as (
        select
            exporter.reporter_iso3 as exporter_iso3,
            importer.reporter_iso3 as importer_iso3,
            exporter.frequency_code,
            exporter.period_start,
            exporter.ledger_code as exporter_ledger_code,
            importer.ledger_code as importer_ledger_code,
            exporter.export_usd as exporter_value_usd,
            importer.import_usd as importer_value_usd,
            exporter.export_valuation as exporter_valuation,
            importer.import_valuation as importer_valuation,
            {{ money("importer.import_usd - exporter.export_usd") }} as gap_usd,
            -- Neither a customs value nor a FOB value holds freight. What a CIF value holds of it is not in these data.
            case when importer.import_valuation in ('customs', 'fob') then {{ money("0") }} end as valuation_part_usd,
            case
                when importer.import_valuation in ('customs', 'fob') then 'no_freight_in_either' else 'not_measured'
            end as valuation_part_basis,
            exporter.balance_usd as exporter_balance_usd,
            importer.balance_usd as importer_balance_usd,
            exporter.data_status as exporter_data_status,
            importer.data_status as importer_data_status,
            greatest(exporter.known_from, importer.known_from) as known_from
        from books as exporter
        inner join
            books as importer
            on importer.reporter_iso3 = exporter.partner_iso3
            and importer.partner_iso3 = exporter.reporter_iso3
            and importer.frequency_code = exporter.frequency_code
            and importer.period_start = exporter.period_start
    )

select
    exporter_iso3,
    importer_iso3,
    frequency_code,
    period_start,
    exporter_ledger_code,
    importer_ledger_code,
    exporter_value_usd,
    importer_value_usd,
    exporter_valuation,
    importer_valuation,
    gap_usd,
    valuation_part_usd,
    valuation_part_basis,
    {{ money("gap_usd - coalesce(valuation_part_usd, 0)") }} as residual_usd,
    {{ ratio("gap_usd", "(importer_value_usd + exporter_value_usd) / 2") }} as asymmetry_ratio,
    exporter_balance_usd,
    importer_balance_usd,
    {{ money("exporter_balance_usd + importer_balance_usd") }} as balance_discrepancy_usd,
    exporter_data_status,
    importer_data_status,
    known_from
from mirrored
