{#- 1,000 months, to April 2043, counted by three digits of a number base: the portable way. -#}
with

    digits as (
        {%- for digit in range(10) %}
            select {{ digit }} as digit
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    numbers as (
        select hundreds.digit * 100 + tens.digit * 10 + units.digit as number
        from digits as units
        cross join digits as tens
        cross join digits as hundreds
    ),

    parts as (
        select cast(1960 + floor(number / 12) as integer) as year, cast(1 + number % 12 as integer) as month_number
        from numbers
    ),

    months as (
        select
            cast(
                concat(
                    cast(year as {{ dbt.type_string() }}),
                    '-',
                    lpad(cast(month_number as {{ dbt.type_string() }}), 2, '0'),
                    '-01'
                ) as date
            ) as period_month,
            year,
            cast(ceil(month_number / 3.0) as integer) as quarter_number,
            month_number
        from parts
    )

select *
from months
