{%- set series = "ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, product_code" %}
-- Items with a weight beside the same item a year earlier: a product with one partner.
with

    items as (
        select
            products.ledger_code,
            products.reporter_iso3,
            products.partner_iso3,
            products.flow_code,
            sector_products.scheme_code,
            sector_products.sector_code,
            products.product_kind,
            products.product_code,
            products.period_month,
            products.value_usd,
            products.weight_kg,
            products.data_status,
            products.known_from
        from {{ ref("int_product_current") }} as products
        inner join
            {{ ref("int_sector_products") }} as sector_products
            on sector_products.product_kind = products.product_kind
            and sector_products.product_code = products.product_code
        where products.product_kind in ('set', 'national_item') and products.value_usd > 0
    ),

    stacked as (
        select
            {{ series }},
            product_kind,
            period_month,
            value_usd as value_usd,
            weight_kg as weight_kg,
            cast(null as decimal(20, 2)) as earlier_usd,
            cast(null as decimal(20, 2)) as earlier_kg,
            data_status,
            known_from
        from items
        union all
        select
            {{ series }},
            product_kind,
            cast({{ dbt.dateadd("month", 12, "period_month") }} as date),
            null,
            null,
            value_usd,
            weight_kg,
            data_status,
            known_from
        from items
    ),

    paired as (
        select
            {{ series }},
            product_kind,
            period_month,
            coalesce(sum(value_usd), 0) as value_usd,
            sum(weight_kg) as weight_kg,
            coalesce(sum(earlier_usd), 0) as earlier_usd,
            sum(earlier_kg) as earlier_kg,
            {{ least_settled("data_status") }} as data_status,
            max(known_from) as known_from
        from stacked
        group by {{ series }}, product_kind, period_month
    ),

    judged as (
        select
            paired.*,
            (paired.product_kind = 'national_item' or breaks.sector_code is not null)
            and {{ hs_revision(dbt.dateadd("month", -12, "paired.period_month")) }}
            <> {{ hs_revision("paired.period_month") }} as is_break,
            {{ ratio(ratio("paired.value_usd", "paired.weight_kg"), ratio("paired.earlier_usd", "paired.earlier_kg")) }}
            as unit_value_ratio
        from paired
        left join
            {{ ref("int_sector_breaks") }} as breaks
            on breaks.scheme_code = paired.scheme_code
            and breaks.sector_code = paired.sector_code
            and breaks.hs_revision = {{ hs_revision("paired.period_month") }}
    )

select
    {{ series }},
    period_month,
    {{ money("value_usd") }} as value_usd,
    cast(weight_kg as decimal(20, 2)) as weight_kg,
    {{ money("earlier_usd") }} as earlier_usd,
    cast(earlier_kg as decimal(20, 2)) as earlier_kg,
    is_break,
    -- A unit value that moved by more than four times is another good, or a slip of the scales.
    coalesce(not is_break and unit_value_ratio between 0.25 and 4, false) as is_matched,
    coalesce(not is_break and unit_value_ratio > 0 and unit_value_ratio not between 0.25 and 4, false) as is_trimmed,
    data_status,
    known_from
from judged
