{{ added_to() }}
-- The same for a ledger, a reporter and a flow. In a build of changes each keeps its number.
with

    places as (
        select ledger_code, reporter_iso3, flow_code
        from {{ ref("int_release_months") }}
        group by ledger_code, reporter_iso3, flow_code
    )

{% if reads_changes_only() %}
        ,
        last_numbers as (select coalesce(max(place_number), 0) as place_number from {{ this }})

    select
        places.ledger_code,
        places.reporter_iso3,
        places.flow_code,
        last_numbers.place_number + cast(
            row_number() over (order by places.ledger_code, places.reporter_iso3, places.flow_code) as integer
        ) as place_number
    from places
    left join {{ this }} as known on {{ alike(["ledger_code", "reporter_iso3", "flow_code"], "known", "places") }}
    cross join last_numbers
    where known.place_number is null
{% else %}
    select
        ledger_code,
        reporter_iso3,
        flow_code,
        cast(row_number() over (order by ledger_code, reporter_iso3, flow_code) as integer) as place_number
    from places
{% endif %}
