-- The latest printing of each file of prices; a price of an asset that nobody declared is set aside.
select
    prices.release_id,
    prices.known_from,
    releases.retrieved_at_utc,
    prices.row_number,
    prices.asset_code,
    prices.price_date,
    prices.price_value,
    prices.raw_record,
    case
        when prices.quarantine_reason is not null
        then prices.quarantine_reason
        when assets.asset_code is null
        then 'no asset has this code: declare it in prices/assets.csv'
        when assets.source_name <> 'inbox'
        then 'the asset has prices of its own: declare yours under another code'
    end as quarantine_reason
from {{ ref("stg_inbox__prices") }} as prices
inner join
    {{ ref("stg_entrepot__releases") }} as releases
    on releases.release_id = prices.release_id
    and releases.is_latest_printing
left join {{ ref("int_assets_known") }} as assets on assets.asset_code = prices.asset_code
