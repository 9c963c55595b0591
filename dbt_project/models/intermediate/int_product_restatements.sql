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
-- As int_trade_observations, for products, of the months of a reporter that more than one release speaks of: one row
-- per
-- series and time at which what is known of it changed. All tables print whole dollars, so no printing is coarser than
-- another; a changed weight is news too.
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

    spoken_months as (
        select distinct
            release_id,
            dataset_code,
            coalesce(scope, '') as scope,
            ledger_code,
            reporter_iso3,
            period_month,
            known_from,
            valuation,
            flow_code
        from reports
    ),

    -- A later release of the same table that covers the month and lacks the series takes the figure back.
    covered_months as (
        select spoken_months.*, releases.release_id as later_release_id, releases.known_from as later_known_from
        from spoken_months
        inner join
            readable_releases as releases
            on releases.dataset_code = spoken_months.dataset_code
            and coalesce(releases.scope, '') = spoken_months.scope
            and releases.known_from > spoken_months.known_from
            and spoken_months.period_month between releases.first_period_month and releases.last_period_month
        union all
        select spoken_months.*, releases.release_id, releases.known_from
        from spoken_months
        inner join
            readable_releases as releases
            on releases.dataset_code = spoken_months.dataset_code
            and releases.known_from > spoken_months.known_from
            and spoken_months.period_month between releases.first_period_month and releases.last_period_month
        where spoken_months.scope <> '' and coalesce(releases.scope, '') = ''
    ),

    restated_months as (
        select ledger_code, reporter_iso3, period_month
        from spoken_months
        group by ledger_code, reporter_iso3, period_month
        having min(release_id) < max(release_id)
        union
        select ledger_code, reporter_iso3, period_month
        from covered_months
    ),

    restated as (
        select reports.*
        from reports
        inner join
            restated_months
            on restated_months.ledger_code = reports.ledger_code
            and restated_months.reporter_iso3 = reports.reporter_iso3
            and restated_months.period_month = reports.period_month
    ),

    repeatable as (
        select distinct
            restated.dataset_code,
            restated.valuation,
            {%- for column in series %} restated.{{ column }}, {% endfor %}
            covered_months.later_release_id as release_id,
            covered_months.later_known_from as known_from
        from restated
        inner join
            covered_months
            on covered_months.release_id = restated.release_id
            and covered_months.ledger_code = restated.ledger_code
            and covered_months.reporter_iso3 = restated.reporter_iso3
            and covered_months.flow_code = restated.flow_code
            and covered_months.valuation = restated.valuation
            and covered_months.period_month = restated.period_month
    ),

    withdrawals as (
        select repeatable.*, releases.open_status as data_status
        from repeatable
        inner join readable_releases as releases on releases.release_id = repeatable.release_id
        left join
            restated on restated.release_id = repeatable.release_id
            {%- for column in series %} and restated.{{ column }} = repeatable.{{ column }} {% endfor %}
        where restated.release_id is null
    ),

    statements as (
        select {{ series_columns }}, known_from, value_usd, weight_kg, valuation, data_status, dataset_code, release_id
        from restated
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
