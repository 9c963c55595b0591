select
    ledger_code,
    cast(year as integer) as year,
    cast(hs_level as integer) as hs_level,
    dimension_code,
    item_code,
    complexity_index,
    cast(link_count as bigint) as link_count,
    cast(exporter_count as bigint) as exporter_count,
    cast(product_count as bigint) as product_count
from {{ ref("int_world_complexity") }}
