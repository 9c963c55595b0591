{%- set metrics = ["export", "import", "balance"] %}
with

    figures as (select * from {{ ref("published_figures") }}),

    vintages as (select * from {{ ref("surplus_vintages") }} where product_code = 'TOTAL'),

    -- Every day on which a ledger's printing changed what is known of a figure.
    printings as (
        select distinct figures.figure_id, vintages.known_from
        from figures
        inner join
            vintages
            on vintages.ledger_code = figures.ledger_code
            and vintages.reporter_iso3 = figures.reporter_iso3
            and vintages.partner_iso3 = figures.partner_iso3
            and vintages.period_month between figures.first_period_month and figures.last_period_month
        where figures.metric_code in ('{{ metrics | join("', '") }}')
    ),

    sums as (
        select
            figures.figure_id,
            printings.known_from,
            sum(case when vintages.flow_code = 'export' then vintages.value_usd end) as export_usd,
            sum(case when vintages.flow_code = 'import' then vintages.value_usd end) as import_usd,
            count(case when vintages.flow_code = 'export' then vintages.value_usd end) as export_months_count,
            count(case when vintages.flow_code = 'import' then vintages.value_usd end) as import_months_count
        from figures
        inner join printings on printings.figure_id = figures.figure_id
        inner join
            vintages
            on vintages.ledger_code = figures.ledger_code
            and vintages.reporter_iso3 = figures.reporter_iso3
            and vintages.partner_iso3 = figures.partner_iso3
            and vintages.period_month between figures.first_period_month and figures.last_period_month
            and vintages.known_from <= printings.known_from
            and (vintages.known_to is null or vintages.known_to > printings.known_from)
        group by figures.figure_id, printings.known_from
    ),

    candidates as (
        select
            figures.*,
            sums.known_from,
            cast(
                case
                    figures.metric_code
                    when 'export'
                    then sums.export_usd
                    when 'import'
                    then sums.import_usd
                    when 'balance'
                    then sums.export_usd - sums.import_usd
                end
                / 1000000000 as decimal(18, 9)
            ) as held_value,
            sums.known_from < cast(
                {{ dbt.dateadd("day", 1, "figures.published_on_date") }} as {{ dbt.type_timestamp() }}
            ) as is_known_when_published
        from figures
        inner join sums on sums.figure_id = figures.figure_id
        where
            case when figures.metric_code = 'import' then 12 else sums.export_months_count end
            >= {{ dbt.datediff("figures.first_period_month", "figures.last_period_month", "month") }} + 1
            and case when figures.metric_code = 'export' then 12 else sums.import_months_count end
            >= {{ dbt.datediff("figures.first_period_month", "figures.last_period_month", "month") }} + 1
    ),

    -- The vintage current at publication speaks first; a settled figure may also agree with another one that we hold.
    ranked as (
        select
            *,
            abs(held_value - published_value) <= tolerance as is_within_tolerance,
            row_number() over (
                partition by figure_id
                order by
                    case
                        when
                            vintage_code not in ('preliminary', 'first')
                            and abs(held_value - published_value) <= tolerance
                        then 0
                        else 1
                    end,
                    case when is_known_when_published then 0 else 1 end,
                    known_from desc
            ) as choice
        from candidates
    ),

    compared as (
        select
            figures.*,
            ranked.held_value,
            ranked.known_from,
            ranked.is_known_when_published,
            ranked.is_within_tolerance,
            known_errors.held_value as explained_value,
            known_errors.explanation
        from figures
        left join ranked on ranked.figure_id = figures.figure_id and ranked.choice = 1
        left join {{ ref("known_errors") }} as known_errors on known_errors.figure_id = figures.figure_id
    )

select
    figure_id,
    ledger_code,
    reporter_iso3,
    partner_iso3,
    metric_code,
    first_period_month,
    last_period_month,
    published_value,
    held_value,
    cast(held_value - published_value as decimal(18, 9)) as difference_value,
    tolerance,
    unit_code,
    publisher_name,
    published_on_date,
    published_on_precision,
    vintage_code,
    evidence_code,
    known_from,
    is_known_when_published,
    case
        when held_value is null
        then 'not_held'
        when is_within_tolerance
        then 'matches'
        when vintage_code in ('preliminary', 'first')
        then 'superseded'
        when abs(held_value - explained_value) <= tolerance
        then 'explained'
        else 'contradicted'
    end as check_status,
    case when not is_within_tolerance then explanation end as explanation,
    source_url
from compared
