-- Fails on: a month of the national service that lies more than 1 % beside the world of the table of partners, both in
-- their latest printing. A warning: they may be of different days.
{{ config(severity="warn", meta={"dagster": {"ref": {"name": "int_trade_current"}}}) }}
with

    latest as (
        select *, row_number() over (partition by period_month order by known_from desc, release_id desc) as place
        from {{ ref("stg_kcs__national_trade") }}
        where quarantine_reason is null
    ),

    said as (
        select period_month, 'export' as flow_code, export_fob_usd as value_usd
        from latest
        where place = 1
        union all
        select period_month, 'import', import_cif_usd
        from latest
        where place = 1
    )

select said.period_month, said.flow_code, said.value_usd, worlds.value_usd as world_usd
from said
inner join
    {{ ref("int_trade_current") }} as worlds
    on worlds.ledger_code = 'kcs'
    and worlds.partner_iso3 = 'WLD'
    and worlds.flow_code = said.flow_code
    and worlds.period_month = said.period_month
where abs(said.value_usd - worlds.value_usd) > worlds.value_usd * 0.01
