-- The last list of the inbox: a file that was mended or taken away is not refused any more.
select files.*
from {{ ref("stg_inbox__files") }} as files
inner join
    {{ ref("stg_entrepot__releases") }} as releases
    on releases.release_id = files.release_id
    and releases.is_latest_printing
