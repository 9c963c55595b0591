-- Three tables of Korea's customs print the world's total. The table of partners gives it for the months it holds, lest
-- partners and total come from two printings; the two national tables only for as long as it did not hold the month.
with

    partner_tables as (
        select period_month, min(known_from) as known_from
        from {{ ref("stg_kcs__country_totals") }}
        where quarantine_reason is null
        group by period_month
    ),

    printed as (
        select release_id, known_from, period_month, export_fob_usd, import_cif_usd, 1000 as precision_usd
        from {{ ref("stg_kcs__national_totals") }}
        where quarantine_reason is null
        union all
        select release_id, known_from, period_month, export_fob_usd, import_cif_usd, 1
        from {{ ref("stg_kcs__national_trade") }}
        where quarantine_reason is null
    )

select
    printed.release_id,
    printed.known_from,
    printed.period_month,
    printed.export_fob_usd,
    printed.import_cif_usd,
    printed.precision_usd
from printed
left join
    partner_tables
    on partner_tables.period_month = printed.period_month
    and partner_tables.known_from <= printed.known_from
where partner_tables.period_month is null
