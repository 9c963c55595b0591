{%- set series = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "product_code", "period_month"] %}
{%- set series_columns = series | join(", ") %}
with

    reports as (select * from {{ ref("int_trade_reports") }}),

    -- A release with a row that did not parse may hold what it seems to lack: it takes nothing back. Nor does one of
    -- the nation alone, which is passed over where the table of partners speaks (int_world_totals_chosen).
    readable_releases as (
        select releases.*
        from {{ ref("stg_entrepot__releases") }} as releases
        left join
            (select distinct release_id from {{ ref("int_rejected_rows") }}) as rejected
            on rejected.release_id = releases.release_id
        where rejected.release_id is null and releases.dataset_code not in ('kcs.national_totals', 'kcs.national_trade')
    ),

    first_reports as (
        select
            dataset_code,
            valuation,
            scope,
            {{ series_columns }},
            min(known_from) as first_known_from,
            cast(least(1, min(precision_usd)) as decimal(20, 2)) as precision_usd
        from reports
        group by dataset_code, valuation, scope, {{ series_columns }}
    ),

    -- A later release of the same table and scope, or of all, that lacks the series of a month takes the figure back.
    withdrawals as (
        select first_reports.*, releases.release_id, releases.known_from, releases.open_status as data_status
        from first_reports
        inner join
            readable_releases as releases
            on releases.dataset_code = first_reports.dataset_code
            and releases.known_from > first_reports.first_known_from
            and (coalesce(releases.scope, '') = '' or releases.scope = first_reports.scope)
            and first_reports.period_month between releases.first_period_month and releases.last_period_month
        left join
            reports on reports.release_id = releases.release_id
            {%- for column in series %} and reports.{{ column }} = first_reports.{{ column }} {% endfor %}
        where reports.release_id is null
    ),

    statements as (
        select
            {{ series_columns }}, known_from, value_usd, precision_usd, valuation, data_status, dataset_code, release_id
        from reports
        union all
        select
            {{ series_columns }},
            known_from,
            cast(null as decimal(20, 2)),
            precision_usd,
            valuation,
            data_status,
            dataset_code,
            release_id
        from withdrawals
    ),

    -- Two tables of one publisher may print a figure on one day: the finer one counts.
    ranked as (
        select
            *,
            row_number() over (
                partition by {{ series_columns }}, known_from order by precision_usd, dataset_code, release_id
            ) as choice
        from statements
    ),

    -- What is held is the finest printing so far. A coarser one is measured against it, lest two tables that take turns
    -- make news of each other's rounding.
    chosen as (
        select
            *, min(precision_usd) over (partition by {{ series_columns }} order by known_from) as finest_precision_usd
        from ranked
        where choice = 1
    ),

    anchored as (
        select
            *,
            max(case when precision_usd = finest_precision_usd then known_from end) over (
                partition by {{ series_columns }} order by known_from
            ) as finest_known_from
        from chosen
    ),

    measured as (
        select
            *,
            first_value(value_usd) over (
                partition by {{ series_columns }}, finest_known_from order by known_from
            ) as finest_usd,
            lag(value_usd) over (partition by {{ series_columns }} order by known_from) as previous_usd
        from anchored
    ),

    compared as (
        select
            *,
            lag(value_usd) over (partition by {{ series_columns }} order by known_from) as earlier_usd,
            lag(precision_usd) over (partition by {{ series_columns }} order by known_from) as earlier_precision_usd,
            lag(data_status) over (partition by {{ series_columns }} order by known_from) as earlier_status
        from measured
        -- A coarser printing is news where rounding explains neither its distance to the finest nor to the last.
        where
            precision_usd = finest_precision_usd
            or finest_usd is null
            or abs(value_usd - finest_usd) > precision_usd / 2
            or abs(value_usd - previous_usd) > precision_usd / 2
    ),

    explained as (
        select
            *,
            case
                when earlier_precision_usd is null
                then 'first'
                when value_usd is null and earlier_usd is null
                then null
                when value_usd is null
                then 'withdrawal'
                when earlier_usd is null
                then 'return'
                when abs(value_usd - earlier_usd) > greatest(precision_usd, earlier_precision_usd) / 2
                then 'revision'
                when value_usd <> earlier_usd and precision_usd < earlier_precision_usd
                then 'rounding'
                when data_status <> earlier_status and precision_usd <= earlier_precision_usd
                then 'status'
            end as change_kind
        from compared
    )

select
    {{ series_columns }},
    known_from,
    lead(known_from) over (partition by {{ series_columns }} order by known_from) as known_to,
    value_usd,
    precision_usd,
    valuation,
    data_status,
    change_kind,
    dataset_code,
    release_id
from explained
where change_kind is not null
