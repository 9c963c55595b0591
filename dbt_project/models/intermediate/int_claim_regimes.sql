{#-
    One row per claim about a tariff: the general regime that was announced for that day, and the one of its authority that
    was in force on it. Only regimes on all goods of one exporter are looked at: a rate on cars is not a rate on Korean goods.
-#}
with

    placed as (select * from {{ ref("int_claims_placed") }} where question_code = 'regimes'),

    listed as (select * from {{ ref("tariff_regimes") }}),

    lists as (
        select
            importer_iso3, exporter_iso3, max(checked_through_date) as checked_through_date, count(*) as regimes_count
        from listed
        group by importer_iso3, exporter_iso3
    ),

    regimes as (select * from listed where scope_code = 'all' and authority_code <> 'BASE'),

    -- Of several that were set for that day, the one that was known on the day of the claim, and has the claimed rate.
    named as (
        select
            placed.claim_id,
            regimes.*,
            row_number() over (
                partition by placed.claim_id
                order by
                    case when regimes.known_from_date <= placed.made_on_date then 0 else 1 end,
                    case when regimes.regime_rate_pct = placed.claimed_value then 0 else 1 end,
                    regimes.known_from_date desc,
                    regimes.regime_id
            ) as place
        from placed
        inner join
            regimes
            on regimes.importer_iso3 = placed.reporter_iso3
            and regimes.exporter_iso3 = placed.partner_iso3
            and coalesce(regimes.planned_from_date, regimes.legal_from_date) = placed.period_start
    ),

    in_force as (
        select
            placed.claim_id,
            regimes.regime_id,
            regimes.regime_rate_pct,
            row_number() over (
                partition by placed.claim_id
                order by
                    case when regimes.exporter_iso3 = 'WLD' then 1 else 0 end,
                    regimes.legal_from_date desc,
                    regimes.regime_id
            ) as place
        from placed
        inner join
            regimes
            on regimes.importer_iso3 = placed.reporter_iso3
            and regimes.exporter_iso3 in (placed.partner_iso3, 'WLD')
            and regimes.legal_from_date <= placed.period_start
            and (regimes.legal_to_date is null or placed.period_start < regimes.legal_to_date)
    ),

    -- What of the same authority came next.
    successors as (
        select
            named.claim_id,
            regimes.regime_rate_pct,
            regimes.legal_from_date,
            row_number() over (partition by named.claim_id order by regimes.legal_from_date, regimes.regime_id) as place
        from named
        inner join placed on placed.claim_id = named.claim_id
        inner join
            regimes
            on regimes.importer_iso3 = named.importer_iso3
            and regimes.exporter_iso3 = named.exporter_iso3
            and regimes.authority_code = named.authority_code
            and regimes.legal_from_date >= placed.period_start
        where named.place = 1
    )

select
    placed.claim_id,
    placed.ledger_code,
    lists.regimes_count,
    lists.checked_through_date,
    coalesce(placed.period_start <= lists.checked_through_date, false) as is_listed,
    named.regime_id as named_regime_id,
    named.regime_rate_pct as named_rate_pct,
    named.announced_on_date,
    named.voided_on_date,
    named.was_ever_in_force,
    named.known_from_date <= placed.made_on_date as is_known_on_claim_day,
    coalesce(in_force.regime_rate_pct, 0) as in_force_rate_pct,
    in_force.regime_id as in_force_regime_id,
    successors.regime_rate_pct as next_rate_pct,
    successors.legal_from_date as next_from_date,
    concat(
        case
            when named.regime_id is null
            then ''
            else
                concat(
                    {{ in_words("named.regime_rate_pct", 1) }},
                    ' % announced on ',
                    coalesce(cast(named.announced_on_date as {{ dbt.type_string() }}), 'an unknown day'),
                    case
                        when named.was_ever_in_force
                        then ', in force. '
                        when named.voided_on_date is null
                        then ', never in force. '
                        else
                            concat(
                                ', given up on ',
                                cast(named.voided_on_date as {{ dbt.type_string() }}),
                                ', never in force. '
                            )
                    end
                )
        end,
        'The general duty of that day, beside the base: ',
        {{ in_words("coalesce(in_force.regime_rate_pct, 0)", 1) }},
        ' %',
        case
            when successors.legal_from_date is null
            then ''
            else
                concat(
                    '; next ',
                    {{ in_words("successors.regime_rate_pct", 1) }},
                    ' % from ',
                    cast(successors.legal_from_date as {{ dbt.type_string() }})
                )
        end
    ) as explanation
from placed
left join lists on lists.importer_iso3 = placed.reporter_iso3 and lists.exporter_iso3 = placed.partner_iso3
left join named on named.claim_id = placed.claim_id and named.place = 1
left join in_force on in_force.claim_id = placed.claim_id and in_force.place = 1
left join successors on successors.claim_id = placed.claim_id and successors.place = 1
