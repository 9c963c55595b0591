-- Fails on: a scheme whose contributions do not add up to the growth of the flow, or its changes to the change of the
-- flow.
-- Where a revision of the Harmonized System breaks a sector, its change is unknown, and so is the sum.
{{ config(meta={"dagster": {"ref": {"name": "surplus_drivers"}}}) }}
with

    drivers as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            scheme_code,
            case comparison_code when 'month_on_year' then 'month' else 'year' end as frequency_code,
            period_start,
            sum(contribution_pp) as contributions_pp,
            sum(value_change_usd) as changes_usd,
            sum(
                case flow_code when 'export' then balance_contribution_usd else - balance_contribution_usd end
            ) as balance_usd
        from {{ ref("surplus_drivers") }}
        group by ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, comparison_code, period_start
        having max(is_break) = false
    )

select drivers.*, totals.total_yoy_pct, totals.total_usd, totals.earlier_total_usd
from drivers
left join
    {{ ref("int_flow_totals") }} as totals
    on totals.ledger_code = drivers.ledger_code
    and totals.reporter_iso3 = drivers.reporter_iso3
    and totals.partner_iso3 = drivers.partner_iso3
    and totals.flow_code = drivers.flow_code
    and totals.frequency_code = drivers.frequency_code
    and totals.period_start = drivers.period_start
where
    totals.total_usd is null
    or drivers.changes_usd <> totals.total_usd - totals.earlier_total_usd
    or drivers.balance_usd <> drivers.changes_usd
    or (
        totals.total_yoy_pct is not null
        and not abs(drivers.contributions_pp - totals.total_yoy_pct) <= 1e-6 * greatest(1, abs(totals.total_yoy_pct))
    )
