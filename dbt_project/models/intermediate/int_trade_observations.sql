{{ kept_unless("forget_changed_totals()") }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- depends_on: {{ ref('dim_month') }}
{%- set series = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code", "product_code", "period_month"] %}
{%- set series_columns = series | join(", ") %}
with

    statements as (
        select
            {{ series_columns }}, known_from, value_usd, precision_usd, valuation, data_status, dataset_code, release_id
        from {{ ref("int_trade_reports") }} {{ of_changed_totals() }}
        union all
        select
            {{ series_columns }},
            known_from,
            cast(null as decimal(20, 2)) as value_usd,
            precision_usd,
            valuation,
            data_status,
            dataset_code,
            release_id
        from {{ ref("int_trade_withdrawals") }} {{ of_changed_totals() }}
    ),

    repeated as (select {{ series_columns }} from statements group by {{ series_columns }} having count(*) > 1),

    -- Two tables of one publisher may print a figure on one day: the finer one counts.
    ranked as (
        select
            statements.*,
            row_number() over (
                partition by {%- for column in series %} statements.{{ column }}, {% endfor %} statements.known_from
                order by statements.precision_usd, statements.dataset_code, statements.release_id
            ) as choice
        from statements
        inner join repeated on {{ alike(series, "repeated", "statements") }}
    ),

    -- What is held is the finest printing so far. A coarser one is measured against it, lest two tables that take turns
    -- make news of each other's rounding.
    chosen as (
        select
            *, min(precision_usd) over (partition by {{ series_columns }} order by known_from) as finest_precision_usd
        from ranked
        where choice = 1
    ),

    anchored as (
        select
            *,
            max(case when precision_usd = finest_precision_usd then known_from end) over (
                partition by {{ series_columns }} order by known_from
            ) as finest_known_from
        from chosen
    ),

    measured as (
        select
            *,
            first_value(value_usd) over (
                partition by {{ series_columns }}, finest_known_from order by known_from
            ) as finest_usd,
            lag(value_usd) over (partition by {{ series_columns }} order by known_from) as previous_usd
        from anchored
    ),

    compared as (
        select
            *,
            lag(value_usd) over (partition by {{ series_columns }} order by known_from) as earlier_usd,
            lag(precision_usd) over (partition by {{ series_columns }} order by known_from) as earlier_precision_usd,
            lag(data_status) over (partition by {{ series_columns }} order by known_from) as earlier_status
        from measured
        -- A coarser printing is news where rounding explains neither its distance to the finest nor to the last.
        where
            precision_usd = finest_precision_usd
            or finest_usd is null
            or abs(value_usd - finest_usd) > precision_usd / 2
            or abs(value_usd - previous_usd) > precision_usd / 2
    ),

    explained as (
        select
            *,
            case
                when earlier_precision_usd is null
                then 'first'
                when value_usd is null and earlier_usd is null
                then null
                when value_usd is null
                then 'withdrawal'
                when earlier_usd is null
                then 'return'
                when abs(value_usd - earlier_usd) > greatest(precision_usd, earlier_precision_usd) / 2
                then 'revision'
                when value_usd <> earlier_usd and precision_usd < earlier_precision_usd
                then 'rounding'
                when data_status <> earlier_status and precision_usd <= earlier_precision_usd
                then 'status'
            end as change_kind
        from compared
    )

select
    {{ series_columns }},
    known_from,
    lead(known_from) over (partition by {{ series_columns }} order by known_from) as known_to,
    value_usd,
    precision_usd,
    valuation,
    data_status,
    change_kind,
    dataset_code,
    release_id
from explained
where change_kind is not null
union all
-- What was said once is known since then: there is nothing to compare it with.
select
    {%- for column in series %} statements.{{ column }}, {% endfor %}
    statements.known_from,
    cast(null as {{ dbt.type_timestamp() }}) as known_to,
    statements.value_usd,
    statements.precision_usd,
    statements.valuation,
    statements.data_status,
    'first' as change_kind,
    statements.dataset_code,
    statements.release_id
from statements
left join repeated on {{ alike(series, "repeated", "statements") }}
where repeated.ledger_code is null
