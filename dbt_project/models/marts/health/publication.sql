{#- Typed and empty here: the publishing step writes its rows into the release, which alone knows its name and time. -#}
select
    cast(null as {{ dbt.type_string() }}) as release_id,
    cast(null as {{ dbt.type_timestamp() }}) as published_at_utc,
    cast(null as {{ dbt.type_string() }}) as code_version,
    cast(null as {{ dbt.type_string() }}) as mart_name,
    cast(null as bigint) as row_count,
    cast(null as bigint) as tests_passed_count,
    cast(null as bigint) as tests_warned_count
from {{ ref("stg_entrepot__releases") }}
where 1 = 0
