{%- set metrics = ["export", "import", "balance"] %}
{%- set series = "ledger_code, reporter_iso3, partner_iso3, metric_code, frequency_code" %}
{%- set earlier = (
    "partition by " ~ series ~ " order by period_start rows between unbounded preceding and 1 preceding"
) %}
with

    levels as (
        {%- for metric in metrics %}
            select
                ledger_code,
                reporter_iso3,
                partner_iso3,
                '{{ metric }}' as metric_code,
                'month' as frequency_code,
                period_month as period_start,
                {{ metric }}_usd as value_usd,
                {{ metric }}_change_usd as yoy_change_usd,
                export_usd,
                import_usd,
                data_status,
                known_from
            from {{ ref("surplus_monthly") }}
            where {{ metric }}_usd is not null
            union all
            select
                ledger_code,
                reporter_iso3,
                partner_iso3,
                '{{ metric }}' as metric_code,
                'year' as frequency_code,
                cast(concat(cast(year as {{ dbt.type_string() }}), '-01-01') as date) as period_start,
                {{ metric }}_usd as value_usd,
                case
                    when lag(year) over (partition by ledger_code, reporter_iso3, partner_iso3 order by year) = year - 1
                    then
                        {{ metric }}_usd - lag({{ metric }}_usd) over (
                            partition by ledger_code, reporter_iso3, partner_iso3 order by year
                        )
                end as yoy_change_usd,
                export_usd,
                import_usd,
                data_status,
                known_from
            from {{ ref("int_surplus_annual") }}
            where {{ metric }}_months_count = 12
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    signed as (
        select
            *,
            case
                when frequency_code = 'year'
                then extract(year from period_start)
                else extract(year from period_start) * 12 + extract(month from period_start)
            end as period_number,
            cast(
                sign(case when metric_code = 'balance' then value_usd else yoy_change_usd end) as integer
            ) as streak_sign
        from levels
    ),

    compared as (
        select
            *,
            rank() over (partition by {{ series }} order by value_usd desc) as value_rank,
            rank() over (
                partition by {{ series }}, extract(month from period_start) order by value_usd desc
            ) as same_month_rank,
            max(value_usd) over ({{ earlier }}) as earlier_high_usd,
            min(value_usd) over ({{ earlier }}) as earlier_low_usd,
            period_number
            - row_number() over (partition by {{ series }}, streak_sign order by period_start) as streak_number
        from signed
    ),

    streaks as (
        select
            *,
            row_number() over (
                partition by {{ series }}, streak_sign, streak_number order by period_start
            ) as position_in_streak,
            min(period_start) over (partition by {{ series }}, streak_sign, streak_number) as first_in_streak
        from compared
    ),

    rates as (
        select
            ledger_code,
            max(case when flow_code = 'export' then mean_absolute_revision_pct / 100 end) as export_rate,
            max(case when flow_code = 'import' then mean_absolute_revision_pct / 100 end) as import_rate
        from {{ ref("surplus_revisions") }}
        where horizon_code = 'latest'
        group by ledger_code
    ),

    -- A balance can be off by as much as both of its flows.
    judged as (
        select
            streaks.*,
            {{
                money(
                    "case streaks.metric_code when 'export' then streaks.export_usd * rates.export_rate when 'import' then "
                    ~ "streaks.import_usd * rates.import_rate else streaks.export_usd * rates.export_rate + "
                    ~ "streaks.import_usd * rates.import_rate end"
                )
            }}
            as typical_revision_usd
        from streaks
        left join rates on rates.ledger_code = streaks.ledger_code
    )

select
    ledger_code,
    reporter_iso3,
    partner_iso3,
    metric_code,
    frequency_code,
    period_start,
    value_usd,
    cast(value_rank as integer) as value_rank,
    cast(same_month_rank as integer) as same_month_rank,
    value_usd > earlier_high_usd as is_record_high,
    value_usd < earlier_low_usd as is_record_low,
    {{ money("value_usd - earlier_high_usd") }} as record_margin_usd,
    typical_revision_usd,
    value_usd > earlier_high_usd and value_usd - earlier_high_usd < typical_revision_usd as is_record_fragile,
    streak_sign,
    cast(case when streak_sign is not null then position_in_streak end as integer) as streak_length,
    case when streak_sign is not null then first_in_streak end as streak_start,
    data_status,
    known_from
from judged
