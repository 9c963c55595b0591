{#-
    The measures of `surplus_monthly`, from any slice of observations that holds one value per series and month.
    Two callers: the mart (the latest vintage) and the table macro `surplus_as_of` (the vintage of a day), so that both
    mean the same. Months inside a partner's range without a report become rows with nulls: a window then counts months.
-#}
{% macro surplus_measures(observations, months, working_days, ledgers) %}
    {%- set flows = ["export", "import"] %}
    {%- set measures = ["export", "import", "balance"] %}
    {%- set series = "partition by ledger_code, reporter_iso3, partner_iso3" %}
    {%- set year_to_date = series ~ ", year order by period_month" %}
    {%- set last_12_months = series ~ " order by period_month rows between 11 preceding and current row" %}
    with

        reports as (
            select
                ledger_code,
                reporter_iso3,
                partner_iso3,
                period_month,
                max(case when flow_code = 'export' then value_usd end) as export_usd,
                max(case when flow_code = 'import' then value_usd end) as import_usd,
                {%- for flow in flows %}
                    max(case when flow_code = '{{ flow }}' then valuation end) as {{ flow }}_valuation,
                {%- endfor %}
                {{ least_settled("data_status") }} as data_status,
                max(known_from) as known_from
            from {{ observations }}
            where product_code = 'TOTAL' and value_usd is not null
            group by ledger_code, reporter_iso3, partner_iso3, period_month
        ),

        spans as (
            select
                ledger_code,
                reporter_iso3,
                partner_iso3,
                min(period_month) as first_month,
                max(period_month) as last_month
            from reports
            group by ledger_code, reporter_iso3, partner_iso3
        ),

        balances as (
            select
                spans.ledger_code,
                spans.reporter_iso3,
                spans.partner_iso3,
                months.period_month,
                months.year,
                months.month_number,
                reports.export_usd,
                reports.import_usd,
                reports.export_valuation,
                reports.import_valuation,
                {{ money("reports.export_usd - reports.import_usd") }} as balance_usd,
                reports.data_status,
                reports.known_from
            from spans
            inner join {{ months }} as months on months.period_month between spans.first_month and spans.last_month
            left join
                reports
                on reports.ledger_code = spans.ledger_code
                and reports.reporter_iso3 = spans.reporter_iso3
                and reports.partner_iso3 = spans.partner_iso3
                and reports.period_month = months.period_month
        ),

        windowed as (
            select
                *,
                {%- for measure in measures %}
                    lag({{ measure }}_usd, 12) over ({{ series }} order by period_month) as {{ measure }}_earlier_usd,
                    case
                        when count({{ measure }}_usd) over ({{ year_to_date }}) = month_number
                        then {{ money("sum(" ~ measure ~ "_usd) over (" ~ year_to_date ~ ")") }}
                    end as {{ measure }}_ytd_usd,
                    case
                        when count({{ measure }}_usd) over ({{ last_12_months }}) = 12
                        then {{ money("sum(" ~ measure ~ "_usd) over (" ~ last_12_months ~ ")") }}
                    end as {{ measure }}_rolling_12_usd
                    {%- if not loop.last %}, {% endif %}
                {%- endfor %}
            from balances
        ),

        compared as (
            select
                *,
                {%- for measure in measures %}
                    lag({{ measure }}_ytd_usd, 12) over (
                        {{ series }} order by period_month
                    ) as {{ measure }}_ytd_earlier_usd
                    {%- if not loop.last %}, {% endif %}
                {%- endfor %}
            from windowed
        ),

        world as (
            select ledger_code, reporter_iso3, period_month, export_usd, import_usd
            from balances
            where partner_iso3 = 'WLD'
        ),

        averaged as (
            select
                compared.*,
                working_days.working_days,
                {%- for flow in flows %}
                    {{ ratio("compared." ~ flow ~ "_usd", "world." ~ flow ~ "_usd") }} as {{ flow }}_share,
                    {{ money(ratio("compared." ~ flow ~ "_usd", "working_days.working_days")) }}
                    as {{ flow }}_daily_average_usd,
                {%- endfor %}
                {{ ratio("compared.export_usd + compared.import_usd", "world.export_usd + world.import_usd") }}
                as trade_share
            from compared
            left join
                world
                on world.ledger_code = compared.ledger_code
                and world.reporter_iso3 = compared.reporter_iso3
                and world.period_month = compared.period_month
            left join
                {{ working_days }} as working_days
                on working_days.reporter_iso3 = compared.reporter_iso3
                and working_days.period_month = compared.period_month
        )

    select
        averaged.ledger_code,
        averaged.reporter_iso3,
        averaged.partner_iso3,
        averaged.period_month,
        {%- for flow in flows %}
            coalesce(averaged.{{ flow }}_valuation, ledgers.{{ flow }}_valuation) as {{ flow }}_valuation,
        {%- endfor %}
        {%- for measure in measures %} averaged.{{ measure }}_usd, {% endfor %}
        {%- for measure in measures %}
            {{ money("averaged." ~ measure ~ "_usd - averaged." ~ measure ~ "_earlier_usd") }}
            as {{ measure }}_change_usd,
        {%- endfor %}
        {%- for flow in flows %}
            {{ growth_pct("averaged." ~ flow ~ "_usd", "averaged." ~ flow ~ "_earlier_usd") }} as {{ flow }}_yoy_pct,
        {%- endfor %}
        {{ balance_growth_pct("averaged.balance_usd", "averaged.balance_earlier_usd") }} as balance_yoy_pct,
        {{ growth_note("averaged.balance_usd", "averaged.balance_earlier_usd") }} as growth_note,
        {%- for measure in measures %} averaged.{{ measure }}_ytd_usd, {% endfor %}
        {%- for flow in flows %}
            {{ growth_pct("averaged." ~ flow ~ "_ytd_usd", "averaged." ~ flow ~ "_ytd_earlier_usd") }}
            as {{ flow }}_ytd_yoy_pct,
        {%- endfor %}
        {{ balance_growth_pct("averaged.balance_ytd_usd", "averaged.balance_ytd_earlier_usd") }} as balance_ytd_yoy_pct,
        {%- for measure in measures %} averaged.{{ measure }}_rolling_12_usd, {% endfor %}
        {%- for flow in flows %} averaged.{{ flow }}_share, {% endfor %}
        averaged.trade_share,
        averaged.working_days,
        {%- for flow in flows %}
            averaged.{{ flow }}_daily_average_usd,
            {{
                growth_pct(
                    "averaged." ~ flow ~ "_daily_average_usd",
                    "lag(averaged."
                    ~ flow
                    ~ "_daily_average_usd, 12) over (partition by averaged.ledger_code, averaged.reporter_iso3, "
                    ~ "averaged.partner_iso3 order by averaged.period_month)",
                )
            }} as {{ flow }}_daily_average_yoy_pct,
        {%- endfor %}
        averaged.data_status,
        averaged.known_from
    from averaged
    inner join {{ ledgers }} as ledgers on ledgers.ledger_code = averaged.ledger_code
{% endmacro %}
