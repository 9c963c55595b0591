{%- set today = "cast('" ~ run_started_at.strftime("%Y-%m-%d") ~ "' as date)" %}
with

    regimes as (select * from {{ ref("tariff_regime_entries") }}),

    conflicts as (
        select conflict_group, count(*) as row_count
        from regimes
        where conflict_group is not null
        group by conflict_group
    )

select
    regimes.regime_id,
    regimes.authority_code,
    regimes.authority_name,
    regimes.importer_iso3,
    regimes.exporter_iso3,
    regimes.scope_code,
    regimes.scope_description,
    regimes.rate_pct as regime_rate_pct,
    regimes.rate_type,
    regimes.announced_on as announced_on_date,
    regimes.published_on as published_on_date,
    regimes.known_from as known_from_date,
    regimes.planned_from as planned_from_date,
    regimes.legal_from as legal_from_date,
    regimes.legal_to as legal_to_date,
    regimes.legal_to_known_from as legal_to_known_from_date,
    regimes.voided_on as voided_on_date,
    regimes.is_retroactive,
    coalesce(regimes.legal_from <= {{ today }}, false) as was_ever_in_force,
    regimes.legal_from is not null and regimes.legal_to is null as is_open,
    coalesce(conflicts.row_count > 1, false) as has_conflict,
    regimes.conflict_group,
    regimes.is_unverified,
    regimes.checked_through as checked_through_date,
    regimes.source as source_text,
    regimes.note
from regimes
left join conflicts on conflicts.conflict_group = regimes.conflict_group
