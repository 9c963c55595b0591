{#-
    One row per claim about a figure and ledger: the figure as its printings stood at the end of the day of the claim, and
    as they stand now. A year counts when all its months are held.
-#}
{%- set views = ["claim_day", "latest"] %}
with

    placed as (select * from {{ ref("int_claims_placed") }} where question_code = 'figures'),

    vintages as (select * from {{ ref("surplus_vintages") }} where product_code = 'TOTAL'),

    -- What Korea sells to America is what America buys of Korea: the sign turns with the side.
    signed as (
        select
            placed.claim_id,
            placed.ledger_code,
            placed.claim_type,
            placed.frequency_code,
            placed.period_start,
            case
                placed.frequency_code
                when 'year'
                then cast(date_trunc('year', vintages.period_month) as date)
                else vintages.period_month
            end as figure_start,
            case
                when placed.ledger_flow_code is not null or (vintages.flow_code = 'export') = placed.is_own_side
                then vintages.value_usd
                else - vintages.value_usd
            end as signed_usd,
            vintages.known_from,
            vintages.known_from < placed.known_before
            and (vintages.known_to is null or vintages.known_to >= placed.known_before) as is_claim_day,
            vintages.known_to is null as is_latest,
            case placed.frequency_code when 'year' then 12 else 1 end
            * case when placed.ledger_flow_code is null then 2 else 1 end as needed_count
        from placed
        inner join
            vintages
            on vintages.ledger_code = placed.ledger_code
            and vintages.reporter_iso3 = placed.ledger_reporter_iso3
            and vintages.partner_iso3 = placed.ledger_partner_iso3
            and vintages.period_month <= placed.last_period_month
        where placed.ledger_flow_code is null or vintages.flow_code = placed.ledger_flow_code
    ),

    figures as (
        select
            claim_id,
            ledger_code,
            claim_type,
            frequency_code,
            period_start,
            figure_start,
            {%- for view in views %}
                case
                    when count(case when is_{{ view }} then signed_usd end) = max(needed_count)
                    then {{ money("sum(case when is_" ~ view ~ " then signed_usd end)") }}
                end as {{ view }}_usd,
            {%- endfor %}
            max(case when is_latest then known_from end) as known_from
        from signed
        group by claim_id, ledger_code, claim_type, frequency_code, period_start, figure_start
    ),

    sides as (
        select
            claim_id,
            ledger_code,
            claim_type,
            {%- for view in views %}
                max(case when figure_start = period_start then {{ view }}_usd end) as {{ view }}_usd,
                max(
                    case
                        when figure_start = cast({{ dbt.dateadd("year", -1, "period_start") }} as date)
                        then {{ view }}_usd
                    end
                ) as {{ view }}_earlier_usd,
                max(case when figure_start < period_start then {{ view }}_usd end) as {{ view }}_highest_usd,
            {%- endfor %}
            max(case when figure_start = period_start then known_from end) as known_from,
            min(case when latest_usd is not null then figure_start end) as first_figure_start
        from figures
        group by claim_id, ledger_code, claim_type
    )

select
    claim_id,
    ledger_code,
    {%- for view in views %}
        cast(
            case
                when claim_type <> 'growth'
                then {{ view }}_usd * 0.000000001
                when {{ view }}_earlier_usd > 0
                then {{ growth_pct(view ~ "_usd", view ~ "_earlier_usd") }}
            end as decimal(18, 9)
        ) as {{ view }}_value,
        {{ view }}_usd > {{ view }}_highest_usd as is_{{ view }}_record,
    {%- endfor %}
    {{ money("latest_usd - latest_highest_usd") }} as record_margin_usd,
    first_figure_start,
    known_from
from sides
