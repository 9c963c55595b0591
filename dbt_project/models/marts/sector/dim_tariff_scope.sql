select
    scope_code,
    scope_name,
    reciprocal_share,
    s122_share,
    nonmetal_share,
    listed_from as listed_from_date,
    is_unverified,
    source as source_text,
    note
from {{ ref("tariff_scopes") }}
