{%- set series = "ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code" %}
-- Each sector a partner ever traded, in each month its table reports on, and `other`, the rest of the total.
-- A table lists what was traded: what it leaves out in a month it covers is zero trade.
with

    reports as (select * from {{ ref("int_sector_reports") }}),

    totals as (select * from {{ ref("int_flow_totals") }} where frequency_code = 'month'),

    traded as (select distinct {{ series }}, sector_code from reports where value_usd <> 0),

    -- The months in which a sector is reported, and whether a comparison with a year earlier would mix different goods.
    months as (
        select
            reports.ledger_code,
            reports.reporter_iso3,
            reports.flow_code,
            reports.scheme_code,
            reports.sector_code,
            reports.period_month,
            reports.valuation,
            reports.data_status,
            reports.known_from,
            breaks.hs_revision is not null
            and {{ hs_revision(dbt.dateadd("month", -12, "reports.period_month")) }}
            <> {{ hs_revision("reports.period_month") }} as is_break
        from reports
        left join
            {{ ref("int_sector_breaks") }} as breaks
            on breaks.scheme_code = reports.scheme_code
            and breaks.sector_code = reports.sector_code
            and breaks.hs_revision = {{ hs_revision("reports.period_month") }}
        where reports.partner_iso3 = 'WLD'
    ),

    parts as (
        select
            traded.*,
            months.period_month,
            months.valuation,
            {{ money("coalesce(reports.value_usd, 0)") }} as value_usd,
            case
                when reports.value_usd is not null
                then reports.weight_kg
                when months.scheme_code = 'kcs_set'
                then cast(0 as decimal(20, 2))
            end as weight_kg,
            coalesce(reports.data_status, months.data_status) as data_status,
            coalesce(reports.known_from, months.known_from) as known_from,
            months.is_break
        from traded
        inner join
            months
            on months.ledger_code = traded.ledger_code
            and months.reporter_iso3 = traded.reporter_iso3
            and months.flow_code = traded.flow_code
            and months.scheme_code = traded.scheme_code
            and months.sector_code = traded.sector_code
        left join
            reports
            on reports.ledger_code = traded.ledger_code
            and reports.reporter_iso3 = traded.reporter_iso3
            and reports.partner_iso3 = traded.partner_iso3
            and reports.flow_code = traded.flow_code
            and reports.scheme_code = traded.scheme_code
            and reports.sector_code = traded.sector_code
            and reports.period_month = months.period_month
    ),

    mapped as (
        select
            {{ series }},
            period_month,
            valuation,
            {{ money("sum(value_usd)") }} as mapped_usd,
            {{ least_settled("data_status") }} as data_status,
            max(known_from) as known_from,
            -- What left a broken sector went into the residual.
            max(is_break) as is_break
        from parts
        group by {{ series }}, period_month, valuation
    ),

    measured as (
        select
            mapped.*,
            totals.total_usd,
            totals.earlier_total_usd,
            totals.data_status as total_status,
            totals.known_from as total_known_from
        from mapped
        left join
            totals
            on totals.ledger_code = mapped.ledger_code
            and totals.reporter_iso3 = mapped.reporter_iso3
            and totals.partner_iso3 = mapped.partner_iso3
            and totals.flow_code = mapped.flow_code
            and totals.period_start = mapped.period_month
    )

select parts.*, measured.total_usd, measured.earlier_total_usd, measured.mapped_usd
from parts
inner join
    measured
    on measured.ledger_code = parts.ledger_code
    and measured.reporter_iso3 = parts.reporter_iso3
    and measured.partner_iso3 = parts.partner_iso3
    and measured.flow_code = parts.flow_code
    and measured.scheme_code = parts.scheme_code
    and measured.period_month = parts.period_month
union all
select
    ledger_code,
    reporter_iso3,
    partner_iso3,
    flow_code,
    scheme_code,
    'other',
    period_month,
    valuation,
    {{ money("total_usd - mapped_usd") }},
    cast(null as decimal(20, 2)),
    {{ less_settled("data_status", "total_status") }},
    greatest(known_from, coalesce(total_known_from, known_from)),
    is_break,
    total_usd,
    earlier_total_usd,
    mapped_usd
from measured
