{#-
    What the four tables of flash figures share: a row for each of the eleven places of a printed row, thousand dollars made
    dollars. The page of each service says what stands in a place; the seed flash_items holds that.
-#}
{% macro flash_rows(table) -%}
    {%- set places = ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10"] %}
    with

        printed as (select * from {{ source("kcs", table) }}),

        places as (
            {%- for place in places %}
                select '{{ place }}' as place_code
                {% if not loop.last %}
                    union all
                {% endif %}
            {%- endfor %}
        ),

        dated as (
            select
                _release_id as release_id,
                _known_from as known_from,
                _row_number as row_number,
                trim(priodmon) as printed_month,
                trim(prioddt) as printed_window,
                {{ parse_month("concat(substr(trim(priodmon), 1, 4), '-', substr(trim(priodmon), 5))") }}
                as period_month,
                place_code,
                case
                    place_code {% for place in places %} when '{{ place }}' then itemusdamt{{ place }} {% endfor %}
                end as printed_thousand_usd
            from printed
            cross join places
        ),

        named as (
            select
                release_id,
                known_from,
                row_number,
                period_month,
                case
                    when printed_window = '01~10'
                    then 'first_10_days'
                    when printed_window = '01~20'
                    then 'first_20_days'
                    when
                        printed_window = '01~말일'
                        or printed_window = concat(
                            '01~',
                            cast(
                                extract(day from {{ dbt.last_day("period_month", "month") }}) as {{ dbt.type_string() }}
                            )
                        )
                    then 'whole_month'
                end as window_code,
                place_code,
                cast({{ parse_decimal("printed_thousand_usd", 0) }} * 1000 as decimal(20, 2)) as cumulative_usd,
                {{ raw_record(["printed_month", "printed_window", "place_code", "printed_thousand_usd"]) }}
                as raw_record
            from dated
        )

    select
        *,
        case
            when period_month is null
            then 'the month does not parse'
            when window_code is null
            then 'the window is not the first 10 days, the first 20 or the whole month'
            when cumulative_usd is null
            then 'the value does not parse'
        end as quarantine_reason
    from named
{%- endmacro %}
