{{ config(post_hook="{{ create_surplus_as_of() }}") }}
{%- set flows = ["export", "import"] %}
{%- set series = "partition by ledger_code, reporter_iso3, partner_iso3 order by period_month" %}
{%- set last_3_months = series ~ " rows between 2 preceding and current row" %}
{%- set earlier_3_months = series ~ " rows between 5 preceding and 3 preceding" %}
{%- set last_6_months = series ~ " rows between 5 preceding and current row" %}
-- depends_on: {{ ref('surplus_vintages') }}
with

    measured as (
        {{
            surplus_measures(
                ref("int_trade_current"), ref("dim_month"), ref("working_days_monthly"), ref("dim_ledger")
            )
        }}
    ),

    adjusted as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            period_month,
            max(case when flow_code = 'export' then value_sa_usd end) as export_sa_usd,
            max(case when flow_code = 'import' then value_sa_usd end) as import_sa_usd,
            max(sa_method) as sa_method,
            min(residual_seasonality_p) < 0.05 as has_residual_seasonality
        from {{ ref("int_trade_seasonally_adjusted") }}
        group by ledger_code, reporter_iso3, partner_iso3, period_month
    ),

    annualised as (
        select
            *,
            {%- for flow in flows %}
                case
                    when count({{ flow }}_sa_usd) over ({{ last_6_months }}) = 6
                    then
                        100 * (
                            power(
                                sum({{ flow }}_sa_usd) over ({{ last_3_months }})
                                / sum({{ flow }}_sa_usd) over ({{ earlier_3_months }}),
                                4
                            )
                            - 1
                        )
                end as {{ flow }}_sa_3m_annualised_pct
                {%- if not loop.last %}, {% endif %}
            {%- endfor %}
        from adjusted
    )

select
    measured.*,
    {{ money("annualised.export_sa_usd") }} as export_sa_usd,
    {{ money("annualised.import_sa_usd") }} as import_sa_usd,
    {{ money("annualised.export_sa_usd - annualised.import_sa_usd") }} as balance_sa_usd,
    annualised.export_sa_3m_annualised_pct,
    annualised.import_sa_3m_annualised_pct,
    annualised.sa_method,
    annualised.has_residual_seasonality
from measured
left join
    annualised
    on annualised.ledger_code = measured.ledger_code
    and annualised.reporter_iso3 = measured.reporter_iso3
    and annualised.partner_iso3 = measured.partner_iso3
    and annualised.period_month = measured.period_month
