select
    _release_id as release_id,
    _known_from as known_from,
    _row_number as row_number,
    file_name,
    table_name,
    verdict as verdict_code,
    nullif(reason, '') as refusal,
    try_cast(row_count as bigint) as row_count,
    sha256 as checksum,
    concat('file=', file_name) as raw_record,
    case when verdict = 'refused' then reason end as quarantine_reason
from {{ source("inbox", "files") }}
