with

    printed as (select * from {{ ref("stg_census__duty_collected") }} where quarantine_reason is null),

    -- A printing that covers a month replaces what earlier ones said of it, as a whole.
    ranked as (
        select
            release_id,
            period_month,
            row_number() over (partition by period_month order by max(known_from) desc, release_id desc) as place
        from printed
        group by release_id, period_month
    )

select
    ledgers.ledger_code,
    ledgers.reporter_iso3 as importer_iso3,
    coalesce(country_codes.iso3, concat('_', printed.publisher_code)) as exporter_iso3,
    printed.product_code,
    printed.period_month,
    {{ money("sum(printed.consumption_import_usd)") }} as consumption_import_usd,
    {{ money("sum(printed.duty_usd)") }} as duty_usd,
    case
        when printed.period_month <= releases.settled_through_month
        then releases.settled_status
        else releases.open_status
    end as data_status,
    releases.known_from
from printed
inner join
    ranked on ranked.release_id = printed.release_id and ranked.period_month = printed.period_month and ranked.place = 1
inner join {{ ref("stg_entrepot__releases") }} as releases on releases.release_id = printed.release_id
inner join {{ ref("ledgers") }} as ledgers on ledgers.ledger_code = releases.ledger_code
left join
    {{ ref("country_codes") }} as country_codes
    on country_codes.ledger_code = releases.ledger_code
    and country_codes.publisher_code = printed.publisher_code
left join {{ ref("countries") }} as countries on countries.iso3 = country_codes.iso3
-- Groups of countries overlap: with them, exporters would not add up to the world.
where coalesce(countries.kind, 'country') <> 'group'
group by
    ledgers.ledger_code,
    ledgers.reporter_iso3,
    coalesce(country_codes.iso3, concat('_', printed.publisher_code)),
    printed.product_code,
    printed.period_month,
    case
        when printed.period_month <= releases.settled_through_month
        then releases.settled_status
        else releases.open_status
    end,
    releases.known_from
