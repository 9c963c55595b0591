{{ added_to() }}
-- depends_on: {{ ref('int_release_coverage') }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
{%- set places = sector_places() %}
{%- set place = places | join(", ") %}
-- The sectors a partner ever traded, and one residual for each partner: by number, so that months need not carry names.
with

    sums as (
        select place_number, partner_iso3, sector_number
        from {{ ref("int_sector_sums") }}
        where
            value_usd <> 0
            {% if reads_changes_only() %} and period_month in ({{ dates_of_changed_releases() }}) {% endif %}
        group by place_number, partner_iso3, sector_number
    ),

    traded as (
        select
            places.ledger_code,
            places.reporter_iso3,
            sums.partner_iso3,
            places.flow_code,
            sectors.scheme_code,
            sectors.sector_code,
            sums.place_number,
            sums.sector_number
        from sums
        inner join {{ ref("int_sector_places") }} as places on places.place_number = sums.place_number
        inner join {{ ref("int_sector_numbers") }} as sectors on sectors.sector_number = sums.sector_number
    ),

    {% if reads_changes_only() %}
        -- What months are kept by keeps its number.
        known as (select * from {{ this }}),

        partners_known as (select {{ place }}, partner_number from known where sector_code = 'other'),

        last_numbers as (
            select coalesce(max(series_number), 0) as series_number, coalesce(max(partner_number), 0) as partner_number
            from known
        ),

        fresh as (
            select traded.*
            from traded
            left join known on known.sector_code = traded.sector_code and {{ alike(places, "known", "traded") }}
            where known.series_number is null
        ),

        fresh_partners as (
            select distinct
                {% for column in places %} fresh.{{ column }} {%- if not loop.last %}, {% endif %} {% endfor %}
            from fresh
            left join partners_known on {{ alike(places, "partners_known", "fresh") }}
            where partners_known.partner_number is null
        ),

        partners as (
            select {{ place }}, partner_number, false as is_fresh
            from partners_known
            union all
            select
                {%- for column in places %} fresh_partners.{{ column }}, {% endfor %}
                last_numbers.partner_number + cast(row_number() over (order by {{ place }}) as integer),
                true
            from fresh_partners
            cross join last_numbers
        ),

        numbered as (
            select
                fresh.*,
                last_numbers.series_number
                + cast(row_number() over (order by {{ place }}, fresh.sector_code) as integer) as series_number
            from fresh
            cross join last_numbers
        )
    {% else %}
        partners as (
            select
                {{ place }},
                cast(row_number() over (order by {{ place }}) as integer) as partner_number,
                true as is_fresh
            from traded
            group by {{ place }}
        ),

        numbered as (
            select *, cast(row_number() over (order by {{ place }}, sector_code) as integer) as series_number
            from traded
        )
    {% endif %}

select
    {%- for column in places %} numbered.{{ column }}, {% endfor %}
    numbered.sector_code,
    numbered.place_number,
    numbered.sector_number,
    numbered.series_number,
    partners.partner_number
from numbered
inner join partners on {{ alike(places, "partners", "numbered") }}
union all
select {{ place }}, 'other', cast(null as integer), cast(null as integer), - partner_number, partner_number
from partners
where is_fresh
