{#- What the rules found, and the assets that whoever entered a headline named for it. -#}
with

    found as (select * from {{ ref("int_headline_tags") }}),

    headlines as (select * from {{ ref("int_headlines_reported") }}),

    assets as (select * from {{ ref("int_assets_known") }}),

    named as (
        select headlines.event_id, assets.asset_code
        from headlines
        inner join assets on concat(';', headlines.assets, ';') like concat('%;', assets.asset_code, ';%')
    )

select event_id, field_name, tag_value, rule_id, 'rule' as tagging_method, nullif(matched_words, '') as matched_words
from found
union all
select
    event_id,
    'asset' as field_name,
    asset_code as tag_value,
    'named' as rule_id,
    'named' as tagging_method,
    cast(null as {{ dbt.type_string() }}) as matched_words
from named
