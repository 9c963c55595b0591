{#- The totals of a mart of surpluses, one flow a row. Its columns of a flow begin with the flow's name. -#}
{% macro flow_totals(mart, frequency, period_start, months_counted) %}
    {%- set flows = ["export", "import"] %}
    {%- for flow in flows %}
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            '{{ flow }}' as flow_code,
            '{{ frequency }}' as frequency_code,
            {{ period_start }} as period_start,
            {{ flow }}_usd as total_usd,
            {{ flow }}_usd - {{ flow }}_change_usd as earlier_total_usd,
            {{ flow }}_yoy_pct as total_yoy_pct,
            {{ months_counted.format(flow=flow) }} as month_count,
            data_status,
            known_from
        from {{ mart }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{% endmacro %}
