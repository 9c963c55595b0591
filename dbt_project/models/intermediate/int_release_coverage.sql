-- Which months each release speaks of, and which later releases of the same table cover them again: those of the same
-- scope, or of all.
with

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
        select
            months.release_id,
            releases.dataset_code,
            coalesce(releases.scope, '') as scope,
            months.ledger_code,
            months.reporter_iso3,
            months.flow_code,
            months.period_month,
            months.valuation,
            releases.known_from
        from {{ ref("int_release_months") }} as months
        inner join {{ ref("stg_entrepot__releases") }} as releases on releases.release_id = months.release_id
    ),

    -- Each scope is looked for by its name, so that a table of many reporters is not compared with all of itself.
    scopes as (
        select spoken_months.*, scope as covering_scope
        from spoken_months
        union all
        select spoken_months.*, '' as covering_scope
        from spoken_months
        where scope <> ''
    )

select
    scopes.release_id,
    scopes.ledger_code,
    scopes.reporter_iso3,
    scopes.flow_code,
    scopes.period_month,
    scopes.valuation,
    releases.release_id as later_release_id,
    releases.known_from as later_known_from,
    releases.open_status as later_status
from scopes
left join
    readable_releases as releases
    on releases.dataset_code = scopes.dataset_code
    and coalesce(releases.scope, '') = scopes.covering_scope
    and releases.known_from > scopes.known_from
    and scopes.period_month between releases.first_period_month and releases.last_period_month
where scopes.covering_scope = scopes.scope or releases.release_id is not null
