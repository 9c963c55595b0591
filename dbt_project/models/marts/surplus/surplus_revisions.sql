{%- set enough = 12 %}
with

    revisions as (select * from {{ ref("int_trade_revisions") }}),

    measured as (
        select
            ledger_code,
            reporter_iso3,
            flow_code,
            horizon_code,
            count(*) as months_count,
            min(period_month) as first_period_month,
            max(period_month) as last_period_month,
            avg(cast(revision_usd as double)) as mean_revision_usd,
            avg(revision_pct) as mean_revision_pct,
            avg(abs(revision_pct)) as mean_absolute_revision_pct,
            sqrt(avg(revision_pct * revision_pct)) as rmse_pct
        from revisions
        group by ledger_code, reporter_iso3, flow_code, horizon_code
    )

-- Threads add in any order: the digits that depend on it are cut, so that equal inputs give equal files.
select
    measured.ledger_code,
    measured.reporter_iso3,
    measured.flow_code,
    measured.horizon_code,
    measured.months_count,
    measured.first_period_month,
    measured.last_period_month,
    case
        when measured.months_count >= {{ enough }} then {{ money("measured.mean_revision_usd") }}
    end as mean_revision_usd,
    case when measured.months_count >= {{ enough }} then round(measured.mean_revision_pct, 12) end as mean_revision_pct,
    case
        when measured.months_count >= {{ enough }} then round(measured.mean_absolute_revision_pct, 12)
    end as mean_absolute_revision_pct,
    case when measured.months_count >= {{ enough }} then round(measured.rmse_pct, 12) end as rmse_pct,
    case when measured.months_count >= {{ enough }} then cast(bias.bias_t as double) end as bias_t
from measured
left join
    {{ ref("int_revision_bias") }} as bias
    on bias.ledger_code = measured.ledger_code
    and bias.reporter_iso3 = measured.reporter_iso3
    and bias.flow_code = measured.flow_code
    and bias.horizon_code = measured.horizon_code
