{{ config(meta={"dagster": {"ref": {"name": "headline_claims"}}}) }}
-- Fails on: a verdict that the mart's own columns, or the drivers and regimes it cites, do not bear out.
with

    verdicts as (select * from {{ ref("headline_claims") }}),

    figures as (
        select
            claim_id,
            ledger_code,
            verdict_code,
            case
                when latest_value is null
                then 'not_checkable'
                when abs(latest_value - claimed_value) > tolerance and verdict_code <> 'supported_rounded'
                then
                    case
                        when abs(claim_day_value - claimed_value) <= tolerance then 'superseded' else 'contradicted'
                    end
                when abs(latest_value - claimed_value) > tolerance
                then 'supported_rounded'
                when abs(claim_day_value - claimed_value) > tolerance
                then 'partly_supported'
                else 'supported'
            end as recomputed_code
        from verdicts
        where claim_type in ('level', 'growth')
    ),

    -- Where a ledger's finest scheme has named sectors, a supported driver is first in the change of some sector's
    -- flow.
    drivers as (
        select
            verdicts.claim_id,
            verdicts.ledger_code,
            verdicts.verdict_code,
            case
                when verdicts.latest_value is null
                then 'not_checkable'
                when count(case when changes.value_change_usd * 0.000000001 > verdicts.latest_value then 1 end) = 0
                then 'supported'
                when
                    count(
                        case
                            when
                                changes.value_change_usd * 0.000000001 > verdicts.latest_value
                                and changes.sector_code <> 'other'
                            then 1
                        end
                    )
                    = 0
                then 'partly_supported'
                else 'contradicted'
            end as recomputed_code
        from verdicts
        left join
            {{ ref("surplus_drivers") }} as changes
            on changes.ledger_code = verdicts.ledger_code
            and verdicts.partner_iso3 in (changes.reporter_iso3, changes.partner_iso3)
            and verdicts.reporter_iso3 in (changes.reporter_iso3, changes.partner_iso3)
            and changes.period_start = verdicts.period_start
            and changes.comparison_code = 'year_on_year'
            and changes.scheme_code in ('kcs_set', 'hs_chapter')
        where verdicts.claim_type = 'driver' and verdicts.frequency_code = 'year' and verdicts.metric_code = 'export'
        group by verdicts.claim_id, verdicts.ledger_code, verdicts.verdict_code, verdicts.latest_value
        having coalesce(sum(changes.value_change_usd), 1) > 0
    )

select *
from figures
where verdict_code <> recomputed_code
union all
select *
from drivers
where verdict_code <> recomputed_code
union all
-- A rate that never was in force is not supported by anything.
select verdicts.claim_id, verdicts.ledger_code, verdicts.verdict_code, 'superseded'
from verdicts
inner join
    {{ ref("tariff_regimes") }} as regimes
    on regimes.planned_from_date = verdicts.period_start
    and regimes.importer_iso3 = verdicts.reporter_iso3
    and regimes.exporter_iso3 = verdicts.partner_iso3
    and regimes.regime_rate_pct = verdicts.claimed_value
    and regimes.known_from_date <= verdicts.made_on_date
where
    verdicts.claim_type = 'policy_rate'
    and not regimes.was_ever_in_force
    and verdicts.latest_value <> verdicts.claimed_value
    and verdicts.verdict_code <> 'superseded'
