with

    headlines as (select * from {{ ref("int_headlines_reported") }}),

    tags as (select * from {{ ref("headline_tags") }}),

    gazetteer as (select * from {{ ref("gazetteer") }}),

    updates as (select * from {{ ref("int_headline_updates") }}),

    relevances as (select * from tags where field_name = 'relevance'),

    lists as (select * from {{ ref("int_headline_lists") }}),

    surest_topics as (
        select
            tags.event_id,
            max(case when gazetteer.weight = 1 and gazetteer.match_kind <> 'implied' then 1 else 0 end) as is_sure
        from tags
        left join gazetteer on gazetteer.rule_id = tags.rule_id
        where tags.field_name = 'topic'
        group by tags.event_id
    )

select
    headlines.event_id,
    headlines.title,
    headlines.source_name as publisher_name,
    headlines.event_kind,
    headlines.event_date,
    headlines.event_time,
    headlines.event_timezone,
    headlines.event_precision,
    headlines.published_on_date,
    headlines.published_on_precision,
    headlines.published_earliest_date,
    headlines.published_latest_date,
    headlines.confidence_code,
    coalesce(headlines.cluster_id, updates.first_event_id, headlines.event_id) as cluster_id,
    coalesce(headlines.supersedes_event_id, updates.earlier_event_id) as supersedes_event_id,
    updates.earlier_event_id as similar_event_id,
    updates.similarity_share,
    lists.topics,
    lists.countries,
    lists.sectors,
    lists.companies,
    lists.institutions,
    lists.assets,
    relevances.tag_value as relevance_code,
    relevances.rule_id as relevance_rule_id,
    nullif(relevances.matched_words, '') as relevance_words,
    relevances.tagging_method,
    case
        when surest_topics.is_sure = 1 then 'high' when surest_topics.is_sure = 0 then 'medium' else 'low'
    end as tagging_confidence_code,
    headlines.basis
from headlines
left join lists on lists.event_id = headlines.event_id
left join relevances on relevances.event_id = headlines.event_id
left join surest_topics on surest_topics.event_id = headlines.event_id
left join updates on updates.event_id = headlines.event_id
