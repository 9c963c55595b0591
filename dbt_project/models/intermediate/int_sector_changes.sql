{%- set series = sector_places() %}
{%- set places = "ledger_code, reporter_iso3, partner_iso3, flow_code" %}
-- What a build of changes makes anew of int_sector_measures: the months of a reporter that changed and the twelve
-- after, which look back at them; and every month of a partner that had never traded a sector, or now never did, since
-- `other` is judged by the sectors a partner ever traded. A whole build makes all anew and needs none of it.
-- depends_on: {{ ref('int_product_observations') }}
-- depends_on: {{ ref('int_release_coverage') }}
-- depends_on: {{ ref('int_sector_products') }}
-- depends_on: {{ ref('int_sector_reports') }}
-- depends_on: {{ ref('int_trade_observations') }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- depends_on: {{ ref('dim_month') }}
{% if var("loaded_after", "") and execute and deletes_rows() %}
    with

        changed_months as (
            {{ months_of_changed_releases() }}
            union
            select ledger_code, reporter_iso3, period_month
            from {{ ref("int_trade_observations") }}
            where release_id in ({{ changed_releases() }})
        ),

        moved_months as (
            select distinct changed_months.ledger_code, changed_months.reporter_iso3, months.period_month
            from changed_months
            inner join
                {{ ref("dim_month") }} as months
                on months.period_month
                between changed_months.period_month and {{ dbt.dateadd("month", 12, "changed_months.period_month") }}
        ),

        changed_products as (
            select distinct {{ places }}, product_kind, product_code
            from {{ ref("int_product_observations") }}
            where period_month in ({{ dates_of_changed_releases() }}) and release_id in ({{ changed_releases() }})
        ),

        named_sectors as (
            select distinct
                changed_products.ledger_code,
                changed_products.reporter_iso3,
                changed_products.partner_iso3,
                changed_products.flow_code,
                sector_products.scheme_code,
                sector_products.sector_code
            from changed_products
            inner join
                {{ ref("int_sector_products") }} as sector_products
                on sector_products.product_kind = changed_products.product_kind
                and sector_products.product_code = changed_products.product_code
        ),

        -- Where no table prints the world, its partners are added up.
        changed_sectors as (
            select *
            from named_sectors
            union
            select ledger_code, reporter_iso3, 'WLD', flow_code, scheme_code, sector_code
            from named_sectors
        ),

        traded_elsewhere as (
            select distinct {% for column in series %} reports.{{ column }}, {% endfor %} reports.sector_code
            from {{ ref("int_sector_reports") }} as reports
            left join
                changed_months
                on changed_months.ledger_code = reports.ledger_code
                and changed_months.reporter_iso3 = reports.reporter_iso3
                and changed_months.period_month = reports.period_month
            where changed_months.ledger_code is null and reports.value_usd <> 0
        ),

        moved_partners as (
            select distinct
                {% for column in series %} changed_sectors.{{ column }} {% if not loop.last %}, {% endif %} {% endfor %}
            from changed_sectors
            left join
                traded_elsewhere
                on traded_elsewhere.sector_code = changed_sectors.sector_code
                and {{ alike(series, "traded_elsewhere", "changed_sectors") }}
            where traded_elsewhere.ledger_code is null
        )

    select
        ledger_code,
        reporter_iso3,
        cast(null as {{ dbt.type_string() }}) as partner_iso3,
        cast(null as {{ dbt.type_string() }}) as flow_code,
        cast(null as {{ dbt.type_string() }}) as scheme_code,
        period_month
    from moved_months
    union all
    select {{ series | join(", ") }}, cast(null as date)
    from moved_partners
{% else %}
    select
        {% for column in series %} cast(null as {{ dbt.type_string() }}) as {{ column }},
        {% endfor %}
        cast(null as date) as period_month
    from {{ ref("dim_month") }}
    where false
{% endif %}
