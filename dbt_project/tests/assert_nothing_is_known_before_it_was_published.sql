-- Fails on: a vintage dated before the first day on which its printing may have been published or fetched.
{{ config(meta={"dagster": {"ref": {"name": "surplus_vintages"}}}) }}
select vintages.*
from {{ ref("surplus_vintages") }} as vintages
inner join {{ ref("stg_entrepot__releases") }} as releases on releases.release_id = vintages.source_release_id
where
    vintages.known_from
    < coalesce(cast(releases.published_from_date as {{ dbt.type_timestamp() }}), releases.retrieved_at_utc)
