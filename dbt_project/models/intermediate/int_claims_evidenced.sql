{#-
    One row per claim and ledger: a question to the marts, in SQL, whose first row gives the claim's values again. It goes
    back to vintages, drivers and regimes, and does not read the verdicts. Words in <> are filled in from the claim.
-#}
{%- set known = "known_from < cast('<known_before>' as timestamp) and (known_to is null or known_to >= cast('<known_before>' as timestamp))" %}
{%- set unknown = "cast(null as decimal(18, 9)) as claim_day_value, cast(null as decimal(18, 9)) as latest_value" %}
{%- set figures %}with figures as (
  select <figure_start> as figure_start,
    case when count(case when {{ known }} then value_usd end) = <needed> then sum(case when {{ known }} then <sign> * value_usd end) end as claim_day_usd,
    case when count(case when known_to is null then value_usd end) = <needed> then sum(case when known_to is null then <sign> * value_usd end) end as latest_usd
  from marts.surplus_vintages
  where ledger_code = '<ledger>' and reporter_iso3 = '<ledger_reporter>' and partner_iso3 = '<ledger_partner>'
    and product_code = 'TOTAL' and flow_code in (<flows>)
  group by <figure_start>
)
{% endset %}
{%- set templates = {
    "level": figures
    ~ "select claim_day_usd / 1000000000 as claim_day_value, latest_usd / 1000000000 as latest_value from figures where figure_start = cast('<period>' as date)",
    "record": figures
    ~ "select max(case when figure_start = cast('<period>' as date) then claim_day_usd end) / 1000000000 as claim_day_value,   max(case when figure_start = cast('<period>' as date) then latest_usd end) / 1000000000 as latest_value,   max(case when figure_start < cast('<period>' as date) then latest_usd end) / 1000000000 as highest_before from figures where figure_start <= cast('<period>' as date)",
    "growth": figures
    ~ "select 100 * (cast(max(case when figure_start = cast('<period>' as date) then claim_day_usd end) as double)     / max(case when figure_start = cast('<earlier>' as date) then claim_day_usd end) - 1) as claim_day_value,   100 * (cast(max(case when figure_start = cast('<period>' as date) then latest_usd end) as double)     / max(case when figure_start = cast('<earlier>' as date) then latest_usd end) - 1) as latest_value from figures",
    "drivers": "select case when known_from < cast('<known_before>' as timestamp) then value_change_usd / 1000000000 end as claim_day_value,   value_change_usd / 1000000000 as latest_value, sector_code, change_rank, level_rank, growth_share from marts.surplus_drivers where ledger_code = '<ledger>' and reporter_iso3 = '<ledger_reporter>' and partner_iso3 = '<ledger_partner>'   and flow_code in (<flows>) and comparison_code = '<comparison>' and period_start = cast('<period>' as date)   and scheme_code = '<scheme>' order by case when sector_code = '<sector>' then 0 else 1 end, change_rank limit 5",
    "policy_rate": "select max(case when coalesce(planned_from_date, legal_from_date) = cast('<period>' as date) and exporter_iso3 = '<partner>'     and known_from_date <= cast('<made_on>' as date) then regime_rate_pct end) as claim_day_value,   coalesce(max(case when legal_from_date <= cast('<period>' as date)     and (legal_to_date is null or legal_to_date > cast('<period>' as date)) then regime_rate_pct end), 0) as latest_value from marts.tariff_regimes where importer_iso3 = '<reporter>' and exporter_iso3 in ('<partner>', 'WLD') and scope_code = 'all' and authority_code <> 'BASE'",
    "policy_date": "select "
    ~ unknown
    ~ ", count(*) as set_for_that_day, count(case when was_ever_in_force then 1 end) as ever_in_force from marts.tariff_regimes where importer_iso3 = '<reporter>' and exporter_iso3 = '<partner>' and scope_code = 'all' and authority_code <> 'BASE'   and coalesce(planned_from_date, legal_from_date) = cast('<period>' as date)",
    "duties": "select case when count(*) = 12 and max(known_from) < cast('<known_before>' as timestamp)     then 100 * cast(sum(duty_usd) as double) / sum(consumption_import_usd) end as claim_day_value,   case when count(*) = 12 then 100 * cast(sum(duty_usd) as double) / sum(consumption_import_usd) end as latest_value, count(*) as months_held from marts.tariff_collected where ledger_code = '<ledger>' and importer_iso3 = '<reporter>' and exporter_iso3 = '<partner>' and scheme_code = 'total'   and frequency_code = 'month' and period_start between cast('<period>' as date) and cast('<last>' as date)",
    "unknown_regime": "select "
    ~ unknown
    ~ ", count(*) as regimes_held, max(checked_through_date) as checked_through_date from marts.tariff_regimes where importer_iso3 = '<reporter>' and exporter_iso3 = '<partner>'",
    "nothing": "select " ~ unknown ~ ", count(*) as metrics_held from marts.metric_catalog",
} %}
{%- set text = dbt.type_string() %}
{%- set words = {
    "known_before": "cast(cast(placed.known_before as date) as " ~ text ~ ")",
    "made_on": "cast(placed.made_on_date as " ~ text ~ ")",
    "ledger_reporter": "placed.ledger_reporter_iso3",
    "ledger_partner": "placed.ledger_partner_iso3",
    "ledger": "placed.ledger_code",
    "reporter": "placed.reporter_iso3",
    "partner": "placed.partner_iso3",
    "period": "cast(placed.period_start as " ~ text ~ ")",
    "last": "cast(placed.last_period_month as " ~ text ~ ")",
    "earlier": "cast(cast(" ~ dbt.dateadd("year", -1, "placed.period_start") ~ " as date) as " ~ text ~ ")",
    "figure_start": "case placed.frequency_code when 'year' then 'cast(date_trunc(''year'', period_month) as date)' else 'period_month' end",
    "needed": "case when placed.frequency_code = 'year' and placed.ledger_flow_code is null then '24' when placed.frequency_code = 'year' then '12' when placed.ledger_flow_code is null then '2' else '1' end",
    "sign": "case when placed.ledger_flow_code is not null then '1' when placed.is_own_side then 'case flow_code when ''export'' then 1 else -1 end' else 'case flow_code when ''export'' then -1 else 1 end' end",
    "flows": "case when placed.ledger_flow_code is null then '''export'', ''import''' else concat('''', placed.ledger_flow_code, '''') end",
    "comparison": "case placed.frequency_code when 'year' then 'year_on_year' else 'month_on_year' end",
    "scheme": "coalesce(drivers.scheme_code, 'none')",
    "sector": "coalesce(drivers.named_sector_code, 'none')",
} %}
with

    placed as (select * from {{ ref("int_claims_placed") }}),

    drivers as (select * from {{ ref("int_claim_drivers") }}),

    regimes as (select * from {{ ref("int_claim_regimes") }}),

    chosen as (
        select
            placed.claim_id,
            placed.ledger_code,
            case
                when placed.question_code = 'figures'
                then placed.claim_type
                when placed.question_code = 'regimes' and regimes.is_listed
                then placed.claim_type
                when placed.question_code = 'regimes'
                then 'unknown_regime'
                when placed.question_code = 'drivers' and drivers.claim_id is null
                then 'nothing'
                else placed.question_code
            end as template_code,
            {%- for word, expression in words.items() %}
                {{ expression }} as {{ word }}_word{{ "," if not loop.last }}
            {%- endfor %}
        from placed
        left join drivers on drivers.claim_id = placed.claim_id and drivers.ledger_code = placed.ledger_code
        left join regimes on regimes.claim_id = placed.claim_id
    )

select
    claim_id,
    ledger_code,
    {% for word in words %}
        replace(
    {% endfor -%}
        case
            template_code
            {%- for code, template in templates.items() %}
                when '{{ code }}' then {{ dbt.string_literal(dbt.escape_single_quotes(template)) }}
            {%- endfor %}
        end
    {%- for word in words %}, '<{{ word }}>', {{ word }}_word) {%- endfor %} as evidence_sql
from chosen
