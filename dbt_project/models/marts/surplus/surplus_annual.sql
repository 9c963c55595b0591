{%- set flows = ["export", "import"] %}
{%- set metrics = ["export", "import", "balance"] %}
with

    annual as (select * from {{ ref("int_surplus_annual") }}),

    compared as (
        select
            annual.*,
            {%- for metric in metrics %}
                case
                    when annual.{{ metric }}_months_count = 12 and earlier.{{ metric }}_months_count = 12
                    then earlier.{{ metric }}_usd
                end as {{ metric }}_earlier_usd
                {%- if not loop.last %}, {% endif %}
            {%- endfor %}
        from annual
        left join
            annual as earlier
            on earlier.ledger_code = annual.ledger_code
            and earlier.reporter_iso3 = annual.reporter_iso3
            and earlier.partner_iso3 = annual.partner_iso3
            and earlier.year = annual.year - 1
    ),

    records as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            cast(extract(year from period_start) as integer) as year,
            {%- for metric in metrics %}
                max(case when metric_code = '{{ metric }}' then value_rank end) as {{ metric }}_rank,
                max(case when metric_code = '{{ metric }}' then is_record_high end) as is_{{ metric }}_record_high,
                max(case when metric_code = '{{ metric }}' then is_record_low end) as is_{{ metric }}_record_low,
                max(
                    case when metric_code = '{{ metric }}' then record_margin_usd end
                ) as {{ metric }}_record_margin_usd,
                max(
                    case when metric_code = '{{ metric }}' then typical_revision_usd end
                ) as {{ metric }}_typical_revision_usd,
                max(case when metric_code = '{{ metric }}' then is_record_fragile end) as is_{{ metric }}_record_fragile
                {%- if not loop.last %}, {% endif %}
            {%- endfor %}
        from {{ ref("surplus_records") }}
        where frequency_code = 'year'
        group by ledger_code, reporter_iso3, partner_iso3, cast(extract(year from period_start) as integer)
    )

select
    compared.ledger_code,
    compared.reporter_iso3,
    compared.partner_iso3,
    compared.year,
    compared.export_valuation,
    compared.import_valuation,
    {%- for metric in metrics %} compared.{{ metric }}_usd, {% endfor %}
    {%- for metric in metrics %}
        {{ money("compared." ~ metric ~ "_usd - compared." ~ metric ~ "_earlier_usd") }} as {{ metric }}_change_usd,
    {%- endfor %}
    {%- for flow in flows %}
        case
            when compared.{{ flow }}_months_count = 12
            then {{ growth_pct("compared." ~ flow ~ "_usd", "compared." ~ flow ~ "_earlier_usd") }}
        end as {{ flow }}_yoy_pct,
    {%- endfor %}
    {{ balance_growth_pct("compared.balance_usd", "compared.balance_earlier_usd") }} as balance_yoy_pct,
    {{ growth_note("compared.balance_usd", "compared.balance_earlier_usd") }} as growth_note,
    {%- for metric in metrics %}
        records.{{ metric }}_rank,
        records.is_{{ metric }}_record_high,
        records.is_{{ metric }}_record_low,
        records.{{ metric }}_record_margin_usd,
        records.{{ metric }}_typical_revision_usd,
        records.is_{{ metric }}_record_fragile,
    {%- endfor %}
    compared.export_months_count,
    compared.import_months_count,
    compared.balance_months_count,
    compared.data_status,
    compared.known_from
from compared
left join
    records
    on records.ledger_code = compared.ledger_code
    and records.reporter_iso3 = compared.reporter_iso3
    and records.partner_iso3 = compared.partner_iso3
    and records.year = compared.year
