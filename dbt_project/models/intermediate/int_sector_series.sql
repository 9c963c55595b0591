{%- set places = "ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code" %}
-- The sectors a partner ever traded, and one residual for each partner: by number, so that months need not carry names.
with

    traded as (
        select {{ places }}, sector_code
        from {{ ref("int_sector_reports") }}
        where value_usd <> 0
        group by {{ places }}, sector_code
    ),

    numbered as (
        select
            {{ places }},
            sector_code,
            cast(row_number() over (order by {{ places }}, sector_code) as integer) as series_number,
            cast(dense_rank() over (order by {{ places }}) as integer) as partner_number
        from traded
    )

select {{ places }}, sector_code, series_number, partner_number
from numbered
union all
select distinct {{ places }}, 'other', - partner_number, partner_number
from numbered
