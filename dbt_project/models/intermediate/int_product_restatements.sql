{{ kept_by_month() }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
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
-- per series and time at which what is known of it changed. No table of products is coarser than another, so any
-- change is news, and so is that of a weight.
with

    reports as (
        select *
        from {{ ref("int_product_reports") }}
        {% if may_ask(ref("int_release_coverage")) %}
            where release_id in ({{ releases_of_restated_months() }})
        {% endif %}
    ),

    coverage as (select * from {{ ref("int_release_coverage") }}),

    restated_months as ({{ restated_months() }}),

    restated as (
        select reports.*
        from reports
        inner join
            restated_months
            on restated_months.ledger_code = reports.ledger_code
            and restated_months.reporter_iso3 = reports.reporter_iso3
            and restated_months.period_month = reports.period_month
        {% if reads_changes_only() %} where reports.period_month in ({{ dates_of_changed_releases() }}) {% endif %}
    ),

    -- A later release that covers the month and lacks the series takes the figure back.
    withdrawals as (
        select distinct
            restated.dataset_code,
            restated.valuation,
            {%- for column in series %} restated.{{ column }}, {% endfor %}
            coverage.later_release_id as release_id,
            coverage.later_known_from as known_from,
            coverage.later_status as data_status
        from restated
        inner join
            coverage
            on coverage.release_id = restated.release_id
            and coverage.ledger_code = restated.ledger_code
            and coverage.reporter_iso3 = restated.reporter_iso3
            and coverage.flow_code = restated.flow_code
            and coverage.valuation = restated.valuation
            and coverage.period_month = restated.period_month
            and coverage.later_release_id is not null
        left join
            restated as later on later.release_id = coverage.later_release_id
            {%- for column in series %} and later.{{ column }} = restated.{{ column }} {% endfor %}
        where later.release_id is null
    ),

    statements as (
        select {{ series_columns }}, known_from, value_usd, weight_kg, valuation, data_status, dataset_code, release_id
        from restated
        union all
        select
            {{ series_columns }},
            known_from,
            cast(null as decimal(18, 2)),
            cast(null as decimal(18, 2)),
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
