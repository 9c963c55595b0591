-- What a build of changes makes anew of int_sector_residuals: the months of a reporter that changed and the twelve
-- after,
-- which look back at them; of int_sector_measures, those of which products changed. A whole build makes all anew and
-- needs none of it.
-- depends_on: {{ ref('int_release_coverage') }}
-- depends_on: {{ ref('int_trade_observations') }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- depends_on: {{ ref('dim_month') }}
{% if var("loaded_after", "") and execute and deletes_rows() %}
    with

        changed_months as (
            select ledger_code, reporter_iso3, period_month, true as of_products
            from ({{ months_of_changed_releases() }}) as spoken_of
            union all
            select ledger_code, reporter_iso3, period_month, false
            from {{ ref("int_trade_observations") }}
            where release_id in ({{ changed_releases() }})
        )

    select
        changed_months.ledger_code,
        changed_months.reporter_iso3,
        months.period_month,
        max(changed_months.of_products) as of_products
    from changed_months
    inner join
        {{ ref("dim_month") }} as months
        on months.period_month
        between changed_months.period_month and {{ dbt.dateadd("month", 12, "changed_months.period_month") }}
    group by changed_months.ledger_code, changed_months.reporter_iso3, months.period_month
{% else %}
    select
        cast(null as {{ dbt.type_string() }}) as ledger_code,
        cast(null as {{ dbt.type_string() }}) as reporter_iso3,
        cast(null as date) as period_month,
        cast(null as boolean) as of_products
    from {{ ref("dim_month") }}
    where false
{% endif %}
