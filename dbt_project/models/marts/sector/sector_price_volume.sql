{%- set enough = 0.6 %}
{%- set series = "ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month" %}
{%- set flows_matched = ["matched_usd", "matched_kg", "matched_earlier_usd", "matched_earlier_kg"] %}
with

    unit_values as (select * from {{ ref("int_unit_values") }}),

    reported as (
        select distinct ledger_code, reporter_iso3, flow_code, scheme_code, sector_code, period_month
        from {{ ref("int_sector_reports") }}
        where partner_iso3 = 'WLD'
    ),

    -- The world is made of the same items as its partners: a product with one partner.
    items as (
        select unit_values.*
        from unit_values
        union all
        select
            ledger_code,
            reporter_iso3,
            'WLD' as partner_iso3,
            flow_code,
            scheme_code,
            sector_code,
            product_code,
            period_month,
            value_usd,
            weight_kg,
            earlier_usd,
            earlier_kg,
            is_break,
            is_matched,
            is_trimmed,
            data_status,
            known_from
        from unit_values
    ),

    matched as (
        select
            *,
            case when is_matched then value_usd end as matched_usd,
            case when is_matched then weight_kg end as matched_kg,
            case when is_matched then earlier_usd end as matched_earlier_usd,
            case when is_matched then earlier_kg end as matched_earlier_kg
        from items
    ),

    measured as (
        select
            {{ series }},
            {{ money("sum(value_usd)") }} as value_usd,
            {{ money("sum(earlier_usd)") }} as earlier_value_usd,
            {{ laspeyres_price(*flows_matched) }} as laspeyres_price_index,
            {{ paasche_price(*flows_matched) }} as paasche_price_index,
            {{ ratio("sum(matched_usd)", "sum(matched_earlier_usd)") }} as matched_value_index,
            {{ money("coalesce(" ~ price_effect(*flows_matched) ~ ", 0)") }} as price_effect_usd,
            {{ money("coalesce(" ~ volume_effect(*flows_matched) ~ ", 0)") }} as volume_effect_usd,
            {{ ratio("coalesce(sum(matched_usd), 0)", "sum(value_usd)") }} as matched_share,
            {{ ratio("sum(case when is_trimmed then value_usd else 0 end)", "sum(value_usd)") }} as trimmed_share,
            count(matched_usd) as matched_item_count,
            max(is_break) as is_break,
            {{ least_settled("data_status") }} as data_status,
            max(known_from) as known_from
        from matched
        group by {{ series }}
        -- Where nothing was sold in one of the two months there is nothing to split.
        having sum(value_usd) > 0 and sum(earlier_usd) > 0
    ),

    indexed as (
        select
            measured.*,
            case
                when matched_share >= {{ enough }} then sqrt(laspeyres_price_index * paasche_price_index)
            end as fisher_price_index
        from measured
        inner join
            reported
            on reported.ledger_code = measured.ledger_code
            and reported.reporter_iso3 = measured.reporter_iso3
            and reported.flow_code = measured.flow_code
            and reported.scheme_code = measured.scheme_code
            and reported.sector_code = measured.sector_code
            and reported.period_month = measured.period_month
    )

select
    indexed.ledger_code,
    indexed.reporter_iso3,
    indexed.partner_iso3,
    indexed.flow_code,
    indexed.scheme_code,
    indexed.sector_code,
    indexed.period_month,
    indexed.value_usd,
    indexed.earlier_value_usd,
    {{ money("indexed.value_usd - indexed.earlier_value_usd") }} as value_change_usd,
    case when indexed.matched_share >= {{ enough }} then indexed.laspeyres_price_index end as laspeyres_price_index,
    case when indexed.matched_share >= {{ enough }} then indexed.paasche_price_index end as paasche_price_index,
    indexed.fisher_price_index,
    {{ ratio("indexed.matched_value_index", "indexed.fisher_price_index") }} as fisher_volume_index,
    indexed.price_effect_usd,
    indexed.volume_effect_usd,
    {{ money("indexed.value_usd - indexed.earlier_value_usd - indexed.price_effect_usd - indexed.volume_effect_usd") }}
    as residual_usd,
    indexed.matched_share,
    indexed.trimmed_share,
    cast(indexed.matched_item_count as bigint) as matched_item_count,
    sectors.unit_value_quality,
    indexed.is_break,
    indexed.data_status,
    indexed.known_from
from indexed
inner join
    {{ ref("dim_sector") }} as sectors
    on sectors.scheme_code = indexed.scheme_code
    and sectors.sector_code = indexed.sector_code
