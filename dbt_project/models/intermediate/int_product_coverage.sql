{%- set places = "ledger_code, reporter_iso3, partner_iso3, flow_code, hs_level, frequency_code, period_start" %}
-- For which partner, level and period products are held, so that one that is not named was not traded. A table of all
-- partners covers each of them where it gives the world; one of chosen partners only what was asked for.
with

    all_partners as (select * from {{ ref("int_product_periods") }}),

    worlds as (select distinct {{ places }}, valuation, data_status from all_partners where partner_iso3 = 'WLD'),

    partners as (
        select distinct ledger_code, reporter_iso3, partner_iso3, flow_code, hs_level, frequency_code from all_partners
    ),

    stated as (
        select
            worlds.ledger_code,
            worlds.reporter_iso3,
            partners.partner_iso3,
            worlds.flow_code,
            worlds.hs_level,
            worlds.frequency_code,
            worlds.period_start,
            worlds.valuation,
            worlds.data_status
        from worlds
        inner join
            partners
            on partners.ledger_code = worlds.ledger_code
            and partners.reporter_iso3 = worlds.reporter_iso3
            and partners.flow_code = worlds.flow_code
            and partners.hs_level = worlds.hs_level
            and partners.frequency_code = worlds.frequency_code
        union all
        select distinct {{ places }}, valuation, data_status
        from {{ ref("int_partner_product_periods") }}
    )

select {{ places }}, min(valuation) as valuation, {{ least_settled("data_status") }} as data_status
from stated
group by {{ places }}
