{{ kept_unless("forget_changed_totals()") }}
-- depends_on: {{ ref('int_trade_reports') }}
-- depends_on: {{ ref('dim_month') }}
{%- set series = "partition by ledger_code, reporter_iso3, partner_iso3, flow_code, product_code, period_month order by known_from" %}
with

    observations as (select * from {{ ref("int_trade_observations") }} {{ of_changed_totals() }}),

    numbered as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            product_code,
            period_month,
            known_from,
            known_to,
            value_usd,
            precision_usd,
            valuation,
            data_status,
            change_kind,
            row_number() over ({{ series }}) as vintage_number,
            known_to is null as is_latest,
            lag(value_usd) over ({{ series }}) as earlier_usd,
            release_id
        from observations
    )

select
    numbered.ledger_code,
    numbered.reporter_iso3,
    numbered.partner_iso3,
    numbered.flow_code,
    numbered.product_code,
    numbered.period_month,
    numbered.known_from,
    numbered.known_to,
    numbered.value_usd,
    numbered.precision_usd,
    numbered.valuation,
    numbered.data_status,
    cast(numbered.vintage_number as integer) as vintage_number,
    numbered.is_latest,
    numbered.change_kind,
    {{ money("numbered.value_usd - numbered.earlier_usd") }} as change_usd,
    numbered.release_id as source_release_id,
    releases.file_path
from numbered
inner join {{ ref("stg_entrepot__releases") }} as releases on releases.release_id = numbered.release_id
