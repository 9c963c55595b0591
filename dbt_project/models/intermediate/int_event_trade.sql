{#-
    One row per headline, ledger, partner, flow, sector and horizon: trade in the 3, 6 and 12 months after the month of the
    event, and in the same months of the year before. A headline that names no sector concerns all of them, one that names
    no partner of the ledger the world. Headlines that the rules call unmapped concern no trade held here.
-#}
{%- set horizons = [3, 6, 12] %}
with

    monthly as (
        select * from {{ ref("sector_monthly") }} where scheme_code in ('kcs_set', 'hs_chapter') and not is_break
    ),

    tags as (
        select distinct event_id, field_name, tag_value
        from {{ ref("headline_tags") }}
        where field_name in ('country', 'sector')
    ),

    events as (
        select
            dated.event_id,
            dated.study_date,
            cast(date_trunc('month', dated.study_date) as date) as event_month,
            sum(case when tags.field_name = 'sector' then 1 else 0 end) as named_sectors
        from {{ ref("int_events_dated") }} as dated
        inner join {{ ref("headline_events") }} as headlines on headlines.event_id = dated.event_id
        left join tags on tags.event_id = dated.event_id
        where headlines.relevance_code <> 'unmapped'
        group by dated.event_id, dated.study_date
    ),

    -- A scheme that a ledger holds by partner.
    flows as (
        select distinct ledger_code, reporter_iso3, flow_code, scheme_code from monthly where partner_iso3 <> 'WLD'
    ),

    partners as (
        select flows.*, events.event_id, coalesce(named.tag_value, 'WLD') as partner_iso3
        from events
        cross join flows
        left join
            tags as named
            on named.event_id = events.event_id
            and named.field_name = 'country'
            and named.tag_value <> flows.reporter_iso3
    ),

    -- What a ledger ever held of a partner, so that a span without data is a row of nulls.
    series as (
        select distinct ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code from monthly
    ),

    sectors as (
        select distinct events.event_id, flows.scheme_code, listed.sector_code
        from events
        cross join (select distinct scheme_code from flows) as flows
        inner join {{ ref("sectors") }} as listed on listed.scheme_code = flows.scheme_code
        left join tags on tags.event_id = events.event_id and tags.field_name = 'sector'
        left join
            {{ ref("int_sector_counterparts") }} as counterparts
            on counterparts.our_sector_code = tags.tag_value
            and counterparts.scheme_code = listed.scheme_code
            and counterparts.sector_code = listed.sector_code
        where events.named_sectors = 0 or counterparts.sector_code is not null
    ),

    spans as (
        {%- for horizon in horizons %}
            select
                event_id,
                study_date,
                event_month,
                {{ horizon }} as horizon_months_count,
                cast({{ dbt.dateadd("month", 1, "event_month") }} as date) as first_period_month,
                cast({{ dbt.dateadd("month", horizon, "event_month") }} as date) as last_period_month,
                cast({{ dbt.dateadd("month", -11, "event_month") }} as date) as earlier_first_month,
                cast({{ dbt.dateadd("month", horizon - 12, "event_month") }} as date) as earlier_last_month
            from events
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    placed as (
        select
            spans.*,
            partners.ledger_code,
            partners.reporter_iso3,
            partners.partner_iso3,
            partners.flow_code,
            partners.scheme_code,
            sectors.sector_code,
            monthly.partner_iso3 = 'WLD' as is_world,
            monthly.partner_iso3 = partners.partner_iso3 as is_partner,
            monthly.period_month >= spans.first_period_month as is_after,
            monthly.value_usd,
            monthly.known_from
        from partners
        inner join sectors on sectors.event_id = partners.event_id and sectors.scheme_code = partners.scheme_code
        inner join spans on spans.event_id = partners.event_id
        inner join
            series
            on series.ledger_code = partners.ledger_code
            and series.reporter_iso3 = partners.reporter_iso3
            and series.partner_iso3 = partners.partner_iso3
            and series.flow_code = partners.flow_code
            and series.scheme_code = partners.scheme_code
            and series.sector_code = sectors.sector_code
        left join
            monthly
            on monthly.ledger_code = partners.ledger_code
            and monthly.reporter_iso3 = partners.reporter_iso3
            and monthly.partner_iso3 in (partners.partner_iso3, 'WLD')
            and monthly.flow_code = partners.flow_code
            and monthly.scheme_code = partners.scheme_code
            and monthly.sector_code = sectors.sector_code
            and (
                monthly.period_month between spans.first_period_month and spans.last_period_month
                or monthly.period_month between spans.earlier_first_month and spans.earlier_last_month
            )
    )
    {%- set keys = "event_id, ledger_code, reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, horizon_months_count, study_date, event_month, first_period_month, last_period_month" %}

select
    {{ keys }},
    {%- for who in ["partner", "world"] %}
        {%- for when, test in {"after": "is_after", "before": "not is_after"}.items() %}
            case
                when count(case when is_{{ who }} and {{ test }} then value_usd end) = horizon_months_count
                then {{ money("sum(case when is_" ~ who ~ " and " ~ test ~ " then value_usd end)") }}
            end as {{ who }}_{{ when }}_usd,
        {%- endfor %}
    {%- endfor %}
    max(known_from) as known_from
from placed
group by {{ keys }}
