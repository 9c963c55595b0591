with

    rejected as (select * from {{ ref("int_rejected_rows") }}),

    releases as (select * from {{ ref("stg_entrepot__releases") }})

select
    rejected.source_name,
    rejected.table_name,
    rejected.release_id as source_release_id,
    rejected.row_number,
    rejected.raw_record,
    rejected.quarantine_reason,
    releases.file_path
from rejected
inner join releases on releases.release_id = rejected.release_id
