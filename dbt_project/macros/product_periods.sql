{#-
    Products of some kinds added up to HS levels: the months, and the years of which all twelve are held. `basket` names the
    columns of a table of goods that is told whole, `whole` says which of its rows tell that a month is held.
-#}
{% macro product_periods(kinds, basket, whole) -%}
    with

        products as (
            select * from {{ ref("int_product_current") }} where product_kind in ('{{ kinds | join("', '") }}')
        ),

        levels as (
            select 2 as hs_level
            union all
            select 4
            union all
            select 6
        ),

        whole_years as (
            select {{ basket | join(", ") }}, extract(year from period_month) as year
            from products
            where {{ whole }}
            group by {{ basket | join(", ") }}, extract(year from period_month)
            having count(distinct period_month) = 12
        ),

        stated as (
            select products.*, 'month' as frequency_code, products.period_month as period_start
            from products
            where {{ whole }}
            union all
            select products.*, 'year', cast(concat(cast(whole_years.year as {{ dbt.type_string() }}), '-01-01') as date)
            from products
            inner join
                whole_years on whole_years.year = extract(year from products.period_month)
                {%- for column in basket %} and whole_years.{{ column }} = products.{{ column }} {% endfor %}
        )

    select
        stated.ledger_code,
        stated.reporter_iso3,
        stated.partner_iso3,
        stated.flow_code,
        levels.hs_level,
        substr(stated.product_code, 1, levels.hs_level) as product_code,
        stated.frequency_code,
        stated.period_start,
        {{ one_valuation("stated.valuation") }} as valuation,
        {{ money("sum(stated.value_usd)") }} as value_usd,
        {{ least_settled("stated.data_status") }} as data_status,
        max(stated.known_from) as known_from
    from stated
    inner join levels on levels.hs_level <= length(stated.product_code)
    group by
        stated.ledger_code,
        stated.reporter_iso3,
        stated.partner_iso3,
        stated.flow_code,
        levels.hs_level,
        substr(stated.product_code, 1, levels.hs_level),
        stated.frequency_code,
        stated.period_start
{%- endmacro %}
