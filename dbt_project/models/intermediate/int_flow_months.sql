{{ config(materialized="view") }}
{%- set flows = ["export", "import"] %}

-- The totals of surplus_monthly, one flow a row, as the parts of sectors are measured against them.
{%- for flow in flows %}
    select
        ledger_code,
        reporter_iso3,
        partner_iso3,
        '{{ flow }}' as flow_code,
        'month' as frequency_code,
        period_month as period_start,
        {{ flow }}_usd as total_usd,
        {{ flow }}_usd - {{ flow }}_change_usd as earlier_total_usd,
        {{ flow }}_yoy_pct as total_yoy_pct,
        1 as month_count,
        data_status,
        known_from
    from {{ ref("surplus_monthly") }}
    {% if not loop.last %}
        union all
    {% endif %}
{%- endfor %}
