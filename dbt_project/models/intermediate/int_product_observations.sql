{{ config(materialized="view") }}
{%- set observed = [
    "ledger_code",
    "reporter_iso3",
    "partner_iso3",
    "flow_code",
    "product_kind",
    "product_code",
    "period_month",
    "known_from",
] %}
-- What one release alone speaks of is the first that is known, and the last: it stands where it was read, not twice.
with restated_months as ({{ restated_months() }})

select
    {%- for column in observed %} reports.{{ column }}, {% endfor %}
    cast(null as {{ dbt.type_timestamp() }}) as known_to,
    reports.value_usd,
    reports.weight_kg,
    reports.valuation,
    reports.data_status,
    'first' as change_kind,
    reports.dataset_code,
    reports.release_id
from {{ ref("int_product_reports") }} as reports
left join restated_months on {{ alike(["ledger_code", "reporter_iso3", "period_month"], "restated_months", "reports") }}
where restated_months.ledger_code is null
union all
select
    {%- for column in observed %} {{ column }}, {% endfor %}
    known_to,
    value_usd,
    weight_kg,
    valuation,
    data_status,
    change_kind,
    dataset_code,
    release_id
from {{ ref("int_product_restatements") }}
