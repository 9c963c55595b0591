-- The latest printing of each file of claims. Of a claim that two files make, the one brought first counts.
with

    claims as (
        select claims.*, releases.retrieved_at_utc
        from {{ ref("stg_inbox__claims") }} as claims
        inner join
            {{ ref("stg_entrepot__releases") }} as releases
            on releases.release_id = claims.release_id
            and releases.is_latest_printing
    ),

    countries as (select * from {{ ref("countries") }}),

    sectors as (select distinct sector_code from {{ ref("sectors") }} where scheme_code = 'hs_sector'),

    checked as (
        select
            claims.*,
            case
                when claims.quarantine_reason is not null
                then claims.quarantine_reason
                when listed.claim_id is not null
                then 'the project has a claim of this claim_id'
                when reporters.iso3 is null or partners.iso3 is null
                then 'the reporter or partner is no country of three letters by ISO 3166'
                when claims.claim_type = 'driver' and sectors.sector_code is null
                then 'a claim about a driver needs a sector of scheme hs_sector (see dim_sector)'
            end as own_reason
        from claims
        left join {{ ref("claims") }} as listed on listed.claim_id = claims.claim_id
        left join countries as reporters on reporters.iso3 = claims.reporter_iso3
        left join countries as partners on partners.iso3 = claims.partner_iso3
        left join sectors on sectors.sector_code = claims.sector_code
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by claim_id, case when own_reason is null then 1 else 0 end
                order by known_from, retrieved_at_utc, release_id, row_number
            ) as nth_of_claim
        from checked
    )

select
    release_id,
    known_from,
    row_number,
    claim_id,
    claim_text,
    claim_type,
    reporter_iso3,
    partner_iso3,
    metric_code,
    sector_code,
    period,
    claimed_value,
    unit_code,
    tolerance,
    made_on,
    raw_record,
    case
        when own_reason is not null then own_reason when nth_of_claim > 1 then 'another file has the same claim_id'
    end as quarantine_reason
from numbered
