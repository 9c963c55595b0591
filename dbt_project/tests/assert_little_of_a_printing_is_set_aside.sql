-- Fails on: a printing of which more than one row in a hundred is in quarantine. A stray row is counted in
-- data_health; many are a change of form. A user's own files are theirs to mend.
{{ config(meta={"dagster": {"ref": {"name": "int_rejected_rows"}}}) }}
with

    rejected as (
        select release_id, count(*) as rejected_row_count from {{ ref("int_rejected_rows") }} group by release_id
    )

select rejected.release_id, rejected.rejected_row_count, releases.row_count
from rejected
inner join {{ ref("stg_entrepot__releases") }} as releases on releases.release_id = rejected.release_id
where releases.source_name <> 'inbox' and rejected.rejected_row_count > releases.row_count * 0.01
