{{ kept_unless("forget_changed_residuals()") }}
-- depends_on: {{ ref('int_sector_changes') }}
{%- set is_of_changes = reads_changed_rows_only() %}
{%- set of_partner = "partition by partner_number order by period_month" %}
-- What the sectors of a partner leave of its total. It is judged by those that stand in the month: what a partner has
-- not traded for a year left nothing in it.
with

    measures as (
        select *
        from {{ ref("int_sector_measures") }}
        {% if is_of_changes %} where period_month >= {{ first_moved_month() }} {% endif %}
    ),

    series as (select * from {{ ref("int_sector_series") }}),

    partners as (
        select series.*, {{ "kept.partner_number is null" if is_of_changes else "true" }} as is_fresh
        from series
        inner join ({{ trading_partners() }}) as trading on trading.partner_number = series.partner_number
        {% if is_of_changes %}
            left join
                (select distinct partner_number from {{ this }}) as kept on kept.partner_number = series.partner_number
        {% endif %}
        where series.sector_code = 'other'
    ),

    totals as (select * from {{ ref("int_flow_months") }}),

    -- The months of which a table tells anything.
    months as (
        select
            ledger_code,
            reporter_iso3,
            flow_code,
            scheme_code,
            period_month,
            {{ one_valuation("valuation") }} as valuation,
            {{ least_settled("data_status") }} as data_status,
            max(known_from) as known_from
        from {{ ref("int_sector_reports") }}
        where partner_iso3 = 'WLD'
        group by ledger_code, reporter_iso3, flow_code, scheme_code, period_month
    ),

    mapped as (
        select
            series.partner_number,
            measures.period_month,
            {{ valuation_word(one_valuation_code("measures.valuation_code")) }} as valuation,
            sum(measures.value_usd) as mapped_usd,
            {{ status_word("min(measures.status_code)") }} as data_status,
            max(measures.known_from) as known_from,
            -- What left a broken sector went into the residual.
            max(measures.is_break) as is_break
        from measures
        inner join series on series.series_number = measures.series_number
        group by series.partner_number, measures.period_month
    ),

    made as (
        select
            partners.partner_number,
            months.period_month,
            coalesce(mapped.valuation, months.valuation) as valuation,
            {{ as_kept("totals.total_usd - coalesce(mapped.mapped_usd, 0)") }} as value_usd,
            {{ less_settled("coalesce(mapped.data_status, months.data_status)", "totals.data_status") }} as data_status,
            greatest(
                coalesce(mapped.known_from, months.known_from),
                coalesce(totals.known_from, mapped.known_from, months.known_from)
            ) as known_from,
            coalesce(mapped.is_break, false) as is_break,
            {{ as_kept("totals.total_usd") }} as total_usd,
            {{ as_kept("totals.earlier_total_usd") }} as earlier_total_usd,
            {{ as_kept("coalesce(mapped.mapped_usd, 0)") }} as mapped_usd,
            partners.is_fresh
            {%- if is_of_changes %}, changes.period_month is not null as is_moved{% endif %}
        from partners
        inner join
            months
            on months.ledger_code = partners.ledger_code
            and months.reporter_iso3 = partners.reporter_iso3
            and months.flow_code = partners.flow_code
            and months.scheme_code = partners.scheme_code
        left join
            mapped on mapped.partner_number = partners.partner_number and mapped.period_month = months.period_month
        left join
            totals
            on totals.ledger_code = partners.ledger_code
            and totals.reporter_iso3 = partners.reporter_iso3
            and totals.partner_iso3 = partners.partner_iso3
            and totals.flow_code = partners.flow_code
            and totals.period_start = months.period_month
        {% if is_of_changes %}
            left join
                {{ ref("int_sector_changes") }} as changes
                on changes.ledger_code = partners.ledger_code
                and changes.reporter_iso3 = partners.reporter_iso3
                and changes.period_month = months.period_month
            where partners.is_fresh or months.period_month >= {{ first_moved_month() }}
        {% endif %}
    ),

    monthly as (
        select *
        from made
        {% if is_of_changes %}
            -- What those months look back at stands.
            union all
            select
                partner_number,
                period_month,
                valuation,
                value_usd,
                data_status,
                known_from,
                is_break,
                total_usd,
                earlier_total_usd,
                mapped_usd,
                false as is_fresh,
                false as is_moved
            from {{ this }}
            where period_month >= {{ first_month_looked_at() }} and period_month < {{ first_moved_month() }}
        {% endif %}
    ),

    windowed as (
        select
            *,
            {{ value_a_year_earlier(of_partner) }} as earlier_value_usd,
            {{ value_of_twelve_months(of_partner) }} as value_rolling_12_usd
        from monthly
    )

select
    partner_number,
    period_month,
    valuation,
    value_usd,
    total_usd,
    earlier_total_usd,
    mapped_usd,
    earlier_value_usd,
    value_rolling_12_usd,
    is_break,
    data_status,
    known_from
from windowed
{% if is_of_changes %} where is_fresh or is_moved {% endif %}
