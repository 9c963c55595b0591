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
    releases.file_path,
    case
        when rejected.source_name = 'inbox' and rejected.table_name = 'files'
        then concat('inbox/', files.file_name)
        when rejected.source_name = 'inbox'
        then releases.url
    end as brought_path
from rejected
inner join releases on releases.release_id = rejected.release_id
left join
    {{ ref("int_inbox_files") }} as files
    on rejected.table_name = 'files'
    and files.release_id = rejected.release_id
    and files.row_number = rejected.row_number
