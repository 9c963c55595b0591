{{ kept_by_release() }}
-- What each release that is copied into the warehouse says of products. They never stand among the totals: sets and
-- codes of several levels overlap.
with

    releases as (
        select *
        from {{ ref("stg_entrepot__releases") }}
        {% if reads_changes_only() %} where release_id in ({{ changed_releases() }}) {% endif %}
    ),

    ledgers as (select * from {{ ref("int_ledgers_known") }}),

    country_codes as (select * from {{ ref("country_codes") }}),

    countries as (select * from {{ ref("countries") }}),

    printed as (select * from {{ ref("int_products_printed") }}),

    -- A ledger of one country's customs has its reporter; in one of many, the row names it, and each partner has one
    -- code.
    said as (
        select
            printed.release_id,
            releases.ledger_code,
            cast(null as {{ dbt.type_string() }}) as reporter_iso3,
            coalesce(country_codes.iso3, concat('_', printed.publisher_code)) as partner_iso3,
            printed.flow_code,
            printed.product_kind,
            printed.product_code,
            printed.period_month,
            sum(printed.value_usd) as value_usd,
            -- Several codes may stand for one partner: its weight is known where each of theirs is.
            case when count(printed.weight_kg) = count(*) then sum(printed.weight_kg) end as weight_kg,
            cast(null as {{ dbt.type_string() }}) as valuation
        from printed
        inner join releases on releases.release_id = printed.release_id
        left join
            country_codes
            on country_codes.ledger_code = releases.ledger_code
            and country_codes.publisher_code = printed.publisher_code
        group by all
        union all
        select
            release_id,
            ledger_code,
            reporter_iso3,
            partner_iso3,
            flow_code,
            product_kind,
            product_code,
            period_month,
            value_usd,
            weight_kg,
            valuation
        from {{ ref("int_reporters_named") }}
        where not is_total {% if reads_changes_only() %} and release_id in ({{ changed_releases() }}) {% endif %}
    )

select
    said.release_id,
    said.ledger_code,
    coalesce(ledgers.reporter_iso3, said.reporter_iso3) as reporter_iso3,
    said.partner_iso3,
    said.flow_code,
    said.product_kind,
    said.product_code,
    said.period_month,
    {{ as_kept("said.value_usd") }} as value_usd,
    {{ as_kept("said.weight_kg") }} as weight_kg,
    coalesce(
        said.valuation,
        case when said.flow_code = 'export' then ledgers.export_valuation else ledgers.import_valuation end
    ) as valuation
from said
inner join ledgers on ledgers.ledger_code = said.ledger_code
left join countries on countries.iso3 = said.partner_iso3
-- Groups of countries overlap: with them, partners would not add up to the world.
where coalesce(countries.kind, 'country') <> 'group'
