{{ config(materialized="view") }}
-- depends_on: {{ ref('int_release_months') }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- As int_products_said, of the table that is read where it landed: to write hundreds of millions of rows once more
-- would take longer than to read them again.
with

    -- Only a release that lacks rows is asked for broken ones: every text would be parsed once more to find none.
    printed as (
        select *
        from {{ ref("stg_comtrade__monthly_products") }}
        where
            {% if may_ask(ref("int_release_months")) %}
                release_id not in ({{ releases_with_rows_missing() }}) or
            {% endif %}
            quarantine_reason is null
    ),

    codes as (
        select country_codes.publisher_code, country_codes.iso3, countries.kind
        from {{ ref("country_codes") }} as country_codes
        left join {{ ref("countries") }} as countries on countries.iso3 = country_codes.iso3
        where country_codes.ledger_code = 'comtrade'
    )

select
    printed.release_id,
    'comtrade' as ledger_code,
    coalesce(reporters.iso3, concat('_', printed.reporter_code)) as reporter_iso3,
    coalesce(partners.iso3, concat('_', printed.publisher_code)) as partner_iso3,
    printed.flow_code,
    case when length(printed.product_code) = 2 then 'chapter' else 'subheading' end as product_kind,
    printed.product_code,
    printed.period_month,
    {{ as_kept("printed.value_usd") }} as value_usd,
    {{ as_kept("printed.weight_kg") }} as weight_kg,
    printed.valuation
from printed
left join codes as partners on partners.publisher_code = printed.publisher_code
left join codes as reporters on reporters.publisher_code = printed.reporter_code
where coalesce(partners.kind, 'country') <> 'group'
