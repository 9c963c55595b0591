with

    traded as (
        select
            *,
            case flow_code when 'export' then partner_iso3 else reporter_iso3 end as importer_iso3,
            case flow_code when 'export' then reporter_iso3 else partner_iso3 end as exporter_iso3
        from {{ ref("int_event_trade") }}
    ),

    reactions as (
        select * from {{ ref("headline_event_study") }} where is_main_test and cumulative_abnormal_return is not null
    ),

    -- One reaction beside each event: of an asset that stands for the country that reports, else any that was studied.
    nearest as (
        select
            events.event_id,
            events.reporter_iso3,
            reactions.asset_code,
            reactions.window_code,
            reactions.cumulative_abnormal_return,
            reactions.p_value,
            reactions.q_value,
            reactions.is_confounded,
            row_number() over (
                partition by events.event_id, events.reporter_iso3
                order by
                    case
                        when concat(';', assets.countries, ';') like concat('%;', events.reporter_iso3, ';%')
                        then 0
                        else 1
                    end,
                    reactions.asset_code
            ) as place
        from (select distinct event_id, reporter_iso3 from traded) as events
        inner join reactions on reactions.event_id = events.event_id
        inner join {{ ref("int_assets_known") }} as assets on assets.asset_code = reactions.asset_code
    ),

    -- The mean duty of a month on the goods of a sector; unknown where a class of its goods has none.
    duties as (
        select
            rates.importer_iso3,
            rates.exporter_iso3,
            shares.scheme_code,
            shares.sector_code,
            rates.period_month,
            cast(sum(rates.mean_rate_pct * shares.coverage_share) as double) as mean_duty_pct
        from {{ ref("int_tariff_rates_monthly") }} as rates
        inner join
            {{ ref("tariff_scope_products") }} as shares
            on shares.exporter_iso3 = rates.exporter_iso3
            and shares.scope_code = rates.scope_code
        group by rates.importer_iso3, rates.exporter_iso3, shares.scheme_code, shares.sector_code, rates.period_month
        having sum(shares.coverage_share) = 1
    ),

    regimes as (select * from {{ ref("tariff_regimes") }} where legal_from_date is not null),

    -- When the last word on what applied in those months was public.
    laws as (
        select traded.importer_iso3, traded.exporter_iso3, traded.last_period_month, max(regimes.known_from_date) as day
        from (select distinct importer_iso3, exporter_iso3, last_period_month from traded) as traded
        inner join
            regimes
            on regimes.importer_iso3 = traded.importer_iso3
            and regimes.exporter_iso3 in (traded.exporter_iso3, 'WLD')
            and regimes.legal_from_date < {{ dbt.dateadd("month", 1, "traded.last_period_month") }}
        group by traded.importer_iso3, traded.exporter_iso3, traded.last_period_month
    ),

    responses as (
        select
            traded.*,
            {{ growth_pct("traded.partner_after_usd", "traded.partner_before_usd") }} as horizon_change_pct,
            case
                when traded.partner_iso3 <> 'WLD'
                then {{ growth_pct("traded.world_after_usd", "traded.world_before_usd") }}
            end as world_change_pct,
            earlier.mean_duty_pct as tariff_before_pct,
            later.mean_duty_pct as tariff_after_pct,
            case
                when traded.partner_after_usd is not null
                then
                    greatest(
                        traded.known_from,
                        cast({{ dbt.dateadd("month", 1, "traded.last_period_month") }} as {{ dbt.type_timestamp() }}),
                        coalesce(cast(laws.day as {{ dbt.type_timestamp() }}), traded.known_from)
                    )
            end as known_at
        from traded
        left join
            duties as earlier
            on earlier.importer_iso3 = traded.importer_iso3
            and earlier.exporter_iso3 = traded.exporter_iso3
            and earlier.scheme_code = traded.scheme_code
            and earlier.sector_code = traded.sector_code
            and earlier.period_month = cast({{ dbt.dateadd("month", -1, "traded.event_month") }} as date)
        left join
            duties as later
            on later.importer_iso3 = traded.importer_iso3
            and later.exporter_iso3 = traded.exporter_iso3
            and later.scheme_code = traded.scheme_code
            and later.sector_code = traded.sector_code
            and later.period_month = traded.last_period_month
        left join
            laws
            on laws.importer_iso3 = traded.importer_iso3
            and laws.exporter_iso3 = traded.exporter_iso3
            and laws.last_period_month = traded.last_period_month
    )

select
    responses.event_id,
    responses.ledger_code,
    responses.reporter_iso3,
    responses.partner_iso3,
    responses.flow_code,
    responses.scheme_code,
    responses.sector_code,
    cast(responses.horizon_months_count as integer) as horizon_months_count,
    responses.study_date,
    responses.first_period_month,
    responses.last_period_month,
    nearest.asset_code,
    nearest.window_code,
    nearest.cumulative_abnormal_return,
    nearest.p_value,
    nearest.q_value,
    nearest.is_confounded,
    responses.partner_before_usd as horizon_earlier_usd,
    responses.partner_after_usd as horizon_value_usd,
    responses.horizon_change_pct,
    responses.world_change_pct,
    responses.horizon_change_pct - responses.world_change_pct as relative_change_pp,
    responses.tariff_before_pct,
    responses.tariff_after_pct,
    responses.tariff_after_pct - responses.tariff_before_pct as tariff_change_pp,
    responses.known_at as known_from
from responses
left join
    nearest
    on nearest.event_id = responses.event_id
    and nearest.reporter_iso3 = responses.reporter_iso3
    and nearest.place = 1
