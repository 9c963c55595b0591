{{ config(materialized="view") }}
{%- set series = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "product_code", "period_month"] %}
{%- set series_columns = series | join(", ") %}
-- A later release of the same table and scope, or of all, that lacks the series of a month takes the figure back.
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
        where rejected.release_id is null and releases.dataset_code not in ({{ national_tables() }})
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
    )

select
    {%- for column in series %} first_reports.{{ column }}, {% endfor %}
    releases.known_from,
    first_reports.precision_usd,
    first_reports.valuation,
    releases.open_status as data_status,
    first_reports.dataset_code,
    releases.release_id
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
