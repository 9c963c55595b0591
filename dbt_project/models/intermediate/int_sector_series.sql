-- depends_on: {{ ref('int_sector_changes') }}
{%- set places = sector_places() %}
{%- set place = places | join(", ") %}
-- The sectors a partner ever traded, and one residual for each partner: by number, so that months need not carry names.
with

    traded as (
        select {{ place }}, sector_code
        from {{ ref("int_sector_reports") }}
        where value_usd <> 0
        group by {{ place }}, sector_code
    ),

    {% if reads_changed_rows_only() %}
        -- What months are kept by keeps its number.
        known as (select * from {{ this }}),

        last_numbers as (select max(series_number) as series_number, max(partner_number) as partner_number from known),

        partners as (
            select
                {%- for column in places %} traded.{{ column }}, {% endfor %}
                coalesce(
                    known.partner_number,
                    last_numbers.partner_number + cast(
                        row_number() over (
                            partition by known.partner_number
                            order by
                                {%- for column in places %}
                                    traded.{{ column }} {%- if not loop.last %}, {% endif %}
                                {% endfor %}
                        ) as integer
                    )
                ) as partner_number
            from (select distinct {{ place }} from traded) as traded
            cross join last_numbers
            left join known on known.sector_code = 'other' and {{ alike(places, "known", "traded") }}
        ),

        numbered as (
            select
                traded.*,
                coalesce(
                    known.series_number,
                    last_numbers.series_number + cast(
                        row_number() over (
                            partition by known.series_number
                            order by {%- for column in places %} traded.{{ column }}, {% endfor %} traded.sector_code
                        ) as integer
                    )
                ) as series_number,
                partners.partner_number
            from traded
            cross join last_numbers
            inner join partners on {{ alike(places, "partners", "traded") }}
            left join known on known.sector_code = traded.sector_code and {{ alike(places, "known", "traded") }}
        )
    {% else %}
        numbered as (
            select
                {{ place }},
                sector_code,
                cast(row_number() over (order by {{ place }}, sector_code) as integer) as series_number,
                cast(dense_rank() over (order by {{ place }}) as integer) as partner_number
            from traded
        )
    {% endif %}

select {{ place }}, sector_code, series_number, partner_number
from numbered
union all
select distinct {{ place }}, 'other', - partner_number, partner_number
from numbered
