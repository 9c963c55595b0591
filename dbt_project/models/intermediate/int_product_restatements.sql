{{ kept_by_month() }}
{%- set place_month = ["ledger_code", "reporter_iso3", "flow_code", "period_month"] %}
{%- set series = ["place_month_number", "partner_iso3", "product_kind", "product_code"] %}
{%- set series_columns = series | join(", ") %}
{%- set of_series = "partition by " ~ series_columns ~ " order by release_number" %}
-- As int_trade_observations, for products, of the months of a reporter that more than one release speaks of: one row
-- per series and time at which what is known of it changed. No table of products is coarser than another, so any
-- change is news, and so is that of a weight.
-- Months and releases go by number: the windows sort by these, and names are the widest part of a row.
with

    reports as (
        select *
        from {{ ref("int_product_reports") }}
        {% if may_ask(ref("int_release_coverage")) %}
            where release_id in ({{ releases_speaking_of(restated_months(reads_changes_only())) }})
        {% endif %}
    ),

    -- In the order in which they became known.
    releases as (
        select
            release_id,
            dataset_code,
            known_from,
            cast(row_number() over (order by known_from, dataset_code, release_id) as integer) as release_number
        from {{ ref("stg_entrepot__releases") }}
    ),

    places as (
        select
            {{ place_month | join(", ") }},
            cast(row_number() over (order by {{ place_month | join(", ") }}) as integer) as place_month_number
        from (select distinct {{ place_month | join(", ") }} from {{ ref("int_release_coverage") }}) as spoken_of
        inner join
            ({{ restated_months(reads_changes_only()) }}) as restated_months using (
                ledger_code, reporter_iso3, period_month
            )
    ),

    covered as (
        select
            places.place_month_number,
            coverage.valuation,
            releases.release_number,
            later_releases.release_number as later_release_number,
            coverage.later_status
        from {{ ref("int_release_coverage") }} as coverage
        inner join places on {{ alike(place_month, "places", "coverage") }}
        inner join releases on releases.release_id = coverage.release_id
        inner join releases as later_releases on later_releases.release_id = coverage.later_release_id
    ),

    restated as (
        select
            places.place_month_number,
            {%- for column in series[1:] %} reports.{{ column }}, {% endfor %}
            releases.release_number,
            reports.value_usd,
            reports.weight_kg,
            reports.valuation,
            reports.data_status
        from reports
        inner join releases on releases.release_id = reports.release_id
        inner join places on {{ alike(place_month, "places", "reports") }}
        {% if reads_changes_only() %} where reports.period_month in ({{ dates_of_changed_releases() }}) {% endif %}
    ),

    -- A later release that covers the month and lacks the series takes the figure back.
    withdrawals as (
        select distinct
            {%- for column in series %} restated.{{ column }}, {% endfor %}
            covered.later_release_number as release_number,
            cast(null as decimal(18, 2)) as value_usd,
            cast(null as decimal(18, 2)) as weight_kg,
            restated.valuation,
            covered.later_status as data_status
        from restated
        inner join covered on {{ alike(["place_month_number", "release_number", "valuation"], "covered", "restated") }}
        left join
            restated as later
            on later.release_number = covered.later_release_number
            and {{ alike(series, "later", "restated") }}
        where later.release_number is null
    ),

    statements as (
        select *
        from restated
        union all
        select *
        from withdrawals
    ),

    compared as (
        select
            *,
            row_number() over ({{ of_series }}) as statement_number,
            lag(value_usd) over ({{ of_series }}) as earlier_usd,
            lag(weight_kg) over ({{ of_series }}) as earlier_kg,
            lag(data_status) over ({{ of_series }}) as earlier_status
        from statements
    ),

    explained as (
        select
            *,
            case
                when statement_number = 1
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
    ),

    changes as (
        select *, lead(release_number) over ({{ of_series }}) as next_release_number
        from explained
        where change_kind is not null
    )

select
    places.ledger_code,
    places.reporter_iso3,
    changes.partner_iso3,
    places.flow_code,
    changes.product_kind,
    changes.product_code,
    places.period_month,
    releases.known_from,
    next_releases.known_from as known_to,
    {%- for column in ["value_usd", "weight_kg", "valuation", "data_status", "change_kind"] %}
        changes.{{ column }},
    {%- endfor %}
    releases.dataset_code,
    releases.release_id
from changes
inner join places on places.place_month_number = changes.place_month_number
inner join releases on releases.release_number = changes.release_number
left join releases as next_releases on next_releases.release_number = changes.next_release_number
