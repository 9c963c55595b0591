{#-
    One row per claim about a driver and ledger: the sector of the ledger's scheme that holds most of the claimed goods, and
    what it, the sector with the largest level and the residual gave to the change. A ledger speaks in its finest scheme.
-#}
{%- set schemes = ["hs_sector", "kcs_set", "hs_chapter", "hs_section"] %}
with

    placed as (select * from {{ ref("int_claims_placed") }} where question_code = 'drivers'),

    counterparts as (select * from {{ ref("int_sector_counterparts") }}),

    compared as (
        select
            placed.claim_id,
            placed.ledger_code,
            placed.sector_code as claimed_sector_code,
            placed.known_before,
            drivers.*,
            case
                drivers.scheme_code {% for scheme in schemes %} when '{{ scheme }}' then {{ loop.index }} {% endfor %}
            end as scheme_place
        from placed
        inner join
            (
                select
                    ledger_code as book_code,
                    reporter_iso3,
                    partner_iso3,
                    flow_code,
                    comparison_code,
                    period_start,
                    scheme_code,
                    sector_code,
                    value_usd,
                    value_change_usd,
                    growth_share,
                    level_rank,
                    change_rank,
                    known_from
                from {{ ref("surplus_drivers") }}
            ) as drivers
            on drivers.book_code = placed.ledger_code
            and drivers.reporter_iso3 = placed.ledger_reporter_iso3
            and drivers.partner_iso3 = placed.ledger_partner_iso3
            and drivers.flow_code = placed.ledger_flow_code
            and drivers.period_start = placed.period_start
            and drivers.comparison_code
            = case placed.frequency_code when 'year' then 'year_on_year' else 'month_on_year' end
    ),

    finest as (
        select compared.*, counterparts.sector_code as named_sector_code
        from compared
        inner join
            (
                select claim_id, ledger_code, min(scheme_place) as scheme_place
                from compared
                group by claim_id, ledger_code
            ) as chosen
            on chosen.claim_id = compared.claim_id
            and chosen.ledger_code = compared.ledger_code
            and chosen.scheme_place = compared.scheme_place
        left join
            counterparts
            on counterparts.our_sector_code = compared.claimed_sector_code
            and counterparts.scheme_code = compared.scheme_code
            and counterparts.place = 1
    ),

    placed_sectors as (
        select
            claim_id,
            ledger_code,
            scheme_code,
            named_sector_code,
            max(case when sector_code = named_sector_code then value_change_usd end) as named_change_usd,
            max(case when sector_code = named_sector_code then growth_share end) as named_growth_share,
            max(case when sector_code = named_sector_code then change_rank end) as named_change_rank,
            max(case when sector_code = named_sector_code then level_rank end) as named_level_rank,
            max(case when change_rank = 1 then sector_code end) as first_change_sector_code,
            max(case when change_rank = 1 then value_change_usd end) as first_change_usd,
            max(case when level_rank = 1 then sector_code end) as first_level_sector_code,
            max(case when level_rank = 1 then value_usd end) as first_level_usd,
            sum(value_change_usd) as total_change_usd,
            {{ ratio("sum(case when sector_code = 'other' then value_usd else 0 end)", "sum(value_usd)") }}
            as unmapped_share,
            max(known_from) as known_from,
            max(known_from) < max(known_before) as is_known_on_claim_day
        from finest
        group by claim_id, ledger_code, scheme_code, named_sector_code
    )

select
    *,
    concat(
        'Of the change of ',
        {{ billions_in_words("total_change_usd") }},
        ' billion USD, ',
        {{ sector_in_words("scheme_code", "named_sector_code") }},
        ' gave ',
        {{ billions_in_words("named_change_usd") }},
        case
            when named_change_rank = 1
            then ', more than any other'
            else
                concat(
                    ' and is number ',
                    cast(named_change_rank as {{ dbt.type_string() }}),
                    '; ',
                    {{ sector_in_words("scheme_code", "first_change_sector_code") }},
                    ' gave ',
                    {{ billions_in_words("first_change_usd") }}
                )
        end,
        '. The largest level is that of ',
        {{ sector_in_words("scheme_code", "first_level_sector_code") }},
        ', ',
        {{ billions_in_words("first_level_usd") }},
        case
            when unmapped_share > 0
            then
                concat(
                    ' billion. Of the flow, ',
                    {{ in_words("100 * unmapped_share", 0) }},
                    ' % is in no sector of this ledger'
                )
            else ' billion'
        end
    ) as explanation
from placed_sectors
