{%- set tables = [
    ["export", "product"],
    ["export", "partner"],
    ["import", "product"],
    ["import", "partner"],
] %}
-- What each printing of flash figures says, with the labels of its places. They never stand among the monthly figures:
-- they are counted before corrections, and cover part of a month.
with

    printed as (
        {%- for flow, breakdown in tables %}
            select
                release_id,
                '{{ flow }}' as flow_code,
                '{{ breakdown }}' as breakdown_code,
                place_code,
                period_month,
                window_code,
                cumulative_usd
            from {{ ref("stg_kcs__flash_" ~ breakdown ~ "_" ~ flow ~ "s") }}
            where quarantine_reason is null
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    )

select
    printed.release_id,
    releases.ledger_code,
    ledgers.reporter_iso3,
    printed.flow_code,
    printed.breakdown_code,
    flash_items.item_code,
    flash_items.item_name,
    flash_items.partner_iso3,
    printed.period_month,
    printed.window_code,
    case when printed.flow_code = 'export' then ledgers.export_valuation else ledgers.import_valuation end as valuation,
    printed.cumulative_usd,
    releases.open_status as data_status,
    releases.known_from
from printed
inner join {{ ref("stg_entrepot__releases") }} as releases on releases.release_id = printed.release_id
inner join {{ ref("ledgers") }} as ledgers on ledgers.ledger_code = releases.ledger_code
inner join
    {{ ref("flash_items") }} as flash_items
    on flash_items.flow_code = printed.flow_code
    and flash_items.breakdown_code = printed.breakdown_code
    and flash_items.place_code = printed.place_code
    and printed.period_month >= flash_items.valid_from
    and (flash_items.valid_to is null or printed.period_month <= flash_items.valid_to)
