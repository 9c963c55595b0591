{#-
    One row per claim and ledger that can speak to it, seen from the ledger's side: what Korea calls a surplus with the
    United States is, in the American ledger, minus a balance. `tariffs` is the list of regimes; `none` where nothing held
    here can speak.
-#}
with

    claims as (
        select
            claim_id,
            claim_text,
            claim_type,
            reporter_iso3,
            partner_iso3,
            metric_code,
            sector_code,
            case length(period) when 4 then 'year' when 7 then 'month' else 'day' end as frequency_code,
            cast(
                case
                    length(period) when 4 then concat(period, '-01-01') when 7 then concat(period, '-01') else period
                end as date
            ) as period_start,
            try_cast(claimed_value as decimal(18, 9)) as claimed_value,
            -- Half of the last digit that was written.
            cast(
                case
                    when claimed_value like '%.%'
                    then 0.5 * power(10, - length(substr(claimed_value, position('.' in claimed_value) + 1)))
                    when claimed_value is not null
                    then 0.5
                end as decimal(18, 9)
            ) as rounding_value,
            unit_code,
            tolerance,
            made_on,
            cast({{ dbt.dateadd("day", 1, "made_on") }} as {{ dbt.type_timestamp() }}) as known_before
        from {{ ref("int_claims_reported") }}
    ),

    ledgers as (select * from {{ ref("ledgers") }}),

    asked as (
        select
            *,
            case
                when
                    claim_type in ('level', 'growth', 'record')
                    and metric_code in ('export', 'import', 'balance')
                    and frequency_code in ('year', 'month')
                then 'figures'
                when
                    claim_type = 'driver'
                    and metric_code in ('export', 'import')
                    and frequency_code in ('year', 'month')
                then 'drivers'
                when claim_type = 'level' and metric_code = 'collected_tariff_rate' and frequency_code = 'year'
                then 'duties'
                when claim_type in ('policy_rate', 'policy_date') and metric_code = 'tariff' and frequency_code = 'day'
                then 'regimes'
                else 'nothing'
            end as question_code
        from claims
    ),

    -- Both sides' ledgers speak of a flow; of duties only the ledger of the country that charges them.
    spoken_to as (
        select asked.*, ledgers.ledger_code as own_ledger_code, ledgers.reporter_iso3 as ledger_reporter_iso3
        from asked
        left join
            ledgers
            on (
                asked.question_code in ('figures', 'drivers')
                and ledgers.reporter_iso3 in (asked.reporter_iso3, asked.partner_iso3)
            )
            or (asked.question_code = 'duties' and ledgers.reporter_iso3 = asked.reporter_iso3)
    )

select
    claim_id,
    coalesce(own_ledger_code, case when question_code = 'regimes' then 'tariffs' else 'none' end) as ledger_code,
    claim_text,
    claim_type,
    case
        when own_ledger_code is null and question_code <> 'regimes' then 'nothing' else question_code
    end as question_code,
    reporter_iso3,
    partner_iso3,
    metric_code,
    sector_code,
    frequency_code,
    period_start,
    cast(
        case
            frequency_code when 'year' then {{ dbt.dateadd("month", 11, "period_start") }} else period_start
        end as date
    ) as last_period_month,
    claimed_value,
    rounding_value,
    unit_code,
    tolerance,
    made_on as made_on_date,
    known_before,
    coalesce(ledger_reporter_iso3 = reporter_iso3, true) as is_own_side,
    coalesce(ledger_reporter_iso3, reporter_iso3) as ledger_reporter_iso3,
    case when ledger_reporter_iso3 = partner_iso3 then reporter_iso3 else partner_iso3 end as ledger_partner_iso3,
    -- The flow of the ledger that the claim is about: both, for a balance.
    case
        when metric_code = 'balance' or metric_code not in ('export', 'import')
        then null
        when ledger_reporter_iso3 <> reporter_iso3 and metric_code = 'export'
        then 'import'
        when ledger_reporter_iso3 <> reporter_iso3
        then 'export'
        else metric_code
    end as ledger_flow_code
from spoken_to
