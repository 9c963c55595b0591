select
    release_id,
    source_name,
    table_name,
    source_name as ledger_code,
    -- What a later release restates: a publisher's table; of a user, a file.
    case source_name when 'inbox' then url else concat(source_name, '.', table_name) end as dataset_code,
    row_number() over (
        partition by source_name, table_name, case source_name when 'inbox' then url end
        order by known_from desc, retrieved_at desc nulls last, release_id desc
    )
    = 1 as is_latest_printing,
    file_path,
    url,
    basis,
    published_from as published_from_date,
    published_to as published_to_date,
    retrieved_at as retrieved_at_utc,
    known_from,
    period_from as first_period_month,
    period_to as last_period_month,
    settled_through as settled_through_month,
    settled_status,
    open_status,
    row_count,
    checksum,
    coalesce(scope, '') as scope,
    loaded_at as loaded_at_utc
from {{ source("entrepot", "releases") }}
