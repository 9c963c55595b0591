{{ config(materialized="view") }}
{%- set said_columns = [
    "release_id",
    "ledger_code",
    "reporter_iso3",
    "partner_iso3",
    "flow_code",
    "product_kind",
    "product_code",
    "period_month",
    "value_usd",
    "weight_kg",
    "valuation",
] %}
-- What each release says of products, with what is known of the release.
with

    releases as (select * from {{ ref("stg_entrepot__releases") }}),

    -- By name: Spark has the column that a table is kept by at the end.
    said as (
        select {{ said_columns | join(", ") }}
        from {{ ref("int_products_said") }}
        union all
        select {{ said_columns | join(", ") }}
        from {{ ref("int_products_landed") }}
    )

select
    said.release_id,
    releases.scope,
    releases.dataset_code,
    said.ledger_code,
    said.reporter_iso3,
    said.partner_iso3,
    said.flow_code,
    said.product_kind,
    said.product_code,
    said.period_month,
    said.value_usd,
    said.weight_kg,
    said.valuation,
    case
        when said.period_month <= releases.settled_through_month then releases.settled_status else releases.open_status
    end as data_status,
    releases.known_from
from said
inner join releases on releases.release_id = said.release_id
