select
    iso3,
    iso2,
    m49 as m49_code,
    country_name,
    country_name_ko,
    kind as country_kind,
    region_name,
    sub_region_name,
    valid_from as valid_from_date,
    valid_to as valid_to_date
from {{ ref("countries") }}
