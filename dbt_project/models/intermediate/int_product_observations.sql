{%- set series = [
    "ledger_code",
    "reporter_iso3",
    "partner_iso3",
    "flow_code",
    "product_kind",
    "product_code",
    "period_month",
] %}
{%- set series_columns = series | join(", ") %}
-- As int_trade_observations, for products: one row per series and time at which what is known of it changed. All
-- tables print
-- whole dollars, so no printing is coarser than another; a changed weight is news too.
with

    reports as (select * from {{ ref("int_product_reports") }}),

    -- A release with a row that did not parse may hold what it seems to lack: it takes nothing back.
    readable_releases as (
        select releases.*
        from {{ ref("stg_entrepot__releases") }} as releases
        left join
            (select distinct release_id from {{ ref("int_rejected_rows") }}) as rejected
            on rejected.release_id = releases.release_id
        where rejected.release_id is null
    ),

    -- A later release of the same table that covers the month and lacks the series takes the figure back.
    repeatable as (
        select distinct
            reports.dataset_code,
            reports.valuation,
            {%- for column in series %} reports.{{ column }}, {% endfor %}
            releases.release_id,
            releases.known_from,
            releases.open_status as data_status
        from reports
        inner join
            readable_releases as releases
            on releases.dataset_code = reports.dataset_code
            and releases.known_from > reports.known_from
            and (coalesce(releases.scope, '') = '' or releases.scope = reports.scope)
            and reports.period_month between releases.first_period_month and releases.last_period_month
    ),

    withdrawals as (
        select repeatable.*
        from repeatable
        left join
            reports on reports.release_id = repeatable.release_id
            {%- for column in series %} and reports.{{ column }} = repeatable.{{ column }} {% endfor %}
        where reports.release_id is null
    ),

    statements as (
        select {{ series_columns }}, known_from, value_usd, weight_kg, valuation, data_status, dataset_code, release_id
        from reports
        union all
        select
            {{ series_columns }},
            known_from,
            cast(null as decimal(20, 2)),
            cast(null as decimal(20, 2)),
            valuation,
            data_status,
            dataset_code,
            release_id
        from withdrawals
    ),

    compared as (
        select
            *,
            row_number() over (
                partition by {{ series_columns }} order by known_from, dataset_code, release_id
            ) as place,
            lag(value_usd) over (
                partition by {{ series_columns }} order by known_from, dataset_code, release_id
            ) as earlier_usd,
            lag(weight_kg) over (
                partition by {{ series_columns }} order by known_from, dataset_code, release_id
            ) as earlier_kg,
            lag(data_status) over (
                partition by {{ series_columns }} order by known_from, dataset_code, release_id
            ) as earlier_status
        from statements
    ),

    explained as (
        select
            *,
            case
                when place = 1
                then 'first'
                when value_usd is null and earlier_usd is null
                then null
                when value_usd is null
                then 'withdrawal'
                when earlier_usd is null
                then 'return'
                when value_usd <> earlier_usd or coalesce(weight_kg, -1) <> coalesce(earlier_kg, -1)
                then 'revision'
                when data_status <> earlier_status
                then 'status'
            end as change_kind
        from compared
    )

select
    {{ series_columns }},
    known_from,
    lead(known_from) over (partition by {{ series_columns }} order by known_from, dataset_code, release_id) as known_to,
    value_usd,
    weight_kg,
    valuation,
    data_status,
    change_kind,
    dataset_code,
    release_id
from explained
where change_kind is not null
