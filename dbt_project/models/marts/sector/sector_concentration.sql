{%- set basket = "ledger_code, reporter_iso3, partner_iso3, flow_code, dimension_code, hs_level, hs_revision, frequency_code, period_start" %}
with

    totals as (select * from {{ ref("int_flow_totals") }} where total_usd is not null),

    -- A partner that a complete year does not name every month traded nothing in the others: the year is whole all
    -- the same.
    whole_periods as (
        select ledger_code, reporter_iso3, flow_code, frequency_code, period_start
        from totals
        where partner_iso3 = 'WLD' and (frequency_code = 'month' or month_count = 12)
    ),

    defined as (
        select hs_revision, hs_level, count(*) as defined_count
        from {{ ref("products") }}
        group by hs_revision, hs_level
    ),

    known_partners as (
        select ledger_code, reporter_iso3, count(distinct partner_iso3) as partner_count
        from totals
        where partner_iso3 <> 'WLD'
        group by ledger_code, reporter_iso3
    ),

    items as (
        select
            product_ranking.ledger_code,
            product_ranking.reporter_iso3,
            product_ranking.partner_iso3,
            product_ranking.flow_code,
            'product' as dimension_code,
            product_ranking.hs_level,
            product_ranking.hs_revision,
            product_ranking.frequency_code,
            product_ranking.period_start,
            product_ranking.product_code as item_code,
            product_ranking.value_usd,
            defined.defined_count,
            product_ranking.data_status,
            product_ranking.known_from
        from {{ ref("product_ranking") }} as product_ranking
        left join
            defined on defined.hs_revision = product_ranking.hs_revision and defined.hs_level = product_ranking.hs_level
        where product_ranking.value_usd > 0
        union all
        select
            totals.ledger_code,
            totals.reporter_iso3,
            'WLD',
            totals.flow_code,
            'partner',
            0,
            {{ hs_revision("totals.period_start") }},
            totals.frequency_code,
            totals.period_start,
            totals.partner_iso3,
            totals.total_usd,
            known_partners.partner_count,
            totals.data_status,
            totals.known_from
        from totals
        inner join
            known_partners
            on known_partners.ledger_code = totals.ledger_code
            and known_partners.reporter_iso3 = totals.reporter_iso3
        inner join
            whole_periods
            on whole_periods.ledger_code = totals.ledger_code
            and whole_periods.reporter_iso3 = totals.reporter_iso3
            and whole_periods.flow_code = totals.flow_code
            and whole_periods.frequency_code = totals.frequency_code
            and whole_periods.period_start = totals.period_start
        where totals.partner_iso3 <> 'WLD' and totals.total_usd > 0
    ),

    shared as (
        select
            *,
            {{ ratio("value_usd", "sum(value_usd) over (partition by " ~ basket ~ ")") }} as item_share,
            row_number() over (partition by {{ basket }} order by value_usd desc, item_code) as place
        from items
    ),

    measured as (
        select
            {{ basket }},
            {{ hhi("item_share") }} as hhi,
            max(item_share) as top_1_share,
            sum(case when place <= 5 then item_share end) as top_5_share,
            count(*) as item_count,
            -- A table may hold a code that no list defines.
            greatest(max(coalesce(defined_count, 0)), count(*)) as possible_item_count,
            {{ least_settled("data_status") }} as data_status,
            max(known_from) as known_from
        from shared
        group by {{ basket }}
    )

select
    {{ basket }},
    hhi as hhi_index,
    {{ hhi_normalised("hhi", "possible_item_count") }} as hhi_normalised_index,
    {{ ratio("1", "hhi") }} as effective_items_index,
    top_1_share,
    top_5_share,
    cast(item_count as bigint) as item_count,
    cast(possible_item_count as bigint) as possible_item_count,
    data_status,
    known_from
from measured
