-- Fails on: a tag of a country, an asset or a sector that the tables of these do not have.
{{ config(meta={"dagster": {"ref": {"name": "headline_tags"}}}) }}
select tags.field_name, tags.tag_value
from {{ ref("headline_tags") }} as tags
left join {{ ref("countries") }} as countries on countries.iso3 = tags.tag_value
left join {{ ref("int_assets_known") }} as assets on assets.asset_code = tags.tag_value
left join (select distinct sector_code from {{ ref("sectors") }}) as sectors on sectors.sector_code = tags.tag_value
where
    (tags.field_name = 'country' and countries.iso3 is null)
    or (tags.field_name = 'asset' and assets.asset_code is null)
    or (tags.field_name = 'sector' and sectors.sector_code is null)
