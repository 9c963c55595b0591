-- Fails on: a tag of a country or an asset that the tables of countries and assets do not have.
select tags.field_name, tags.tag_value
from {{ ref("headline_tags") }} as tags
left join {{ ref("countries") }} as countries on countries.iso3 = tags.tag_value
left join {{ ref("assets") }} as assets on assets.asset_code = tags.tag_value
where
    (tags.field_name = 'country' and countries.iso3 is null)
    or (tags.field_name = 'asset' and assets.asset_code is null)
