{{ kept_by_release() }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- Of which months each release speaks. Where fewer rows stand here than were printed, some could not be read.
with

    said as (
        select release_id, ledger_code, reporter_iso3, flow_code, period_month, valuation, count(*) as row_count
        from {{ ref("int_products_said") }}
        {% if reads_changes_only() %} where release_id in ({{ changed_releases() }}) {% endif %}
        group by release_id, ledger_code, reporter_iso3, flow_code, period_month, valuation
    ),

    -- Rows that were set aside are counted out, not filtered out, for which each text would be parsed once more.
    landed as (
        select
            release_id,
            reporter_code,
            flow_code,
            period_month,
            valuation,
            count(case when quarantine_reason is null then 1 end) as row_count
        from {{ ref("stg_comtrade__monthly_products") }}
        {% if reads_changes_only() %} where release_id in ({{ changed_releases() }}) {% endif %}
        group by release_id, reporter_code, flow_code, period_month, valuation
        having count(case when quarantine_reason is null then 1 end) > 0
    ),

    country_codes as (select * from {{ ref("country_codes") }} where ledger_code = 'comtrade')

select release_id, ledger_code, reporter_iso3, flow_code, period_month, valuation, row_count
from said
union all
select
    landed.release_id,
    'comtrade',
    coalesce(country_codes.iso3, concat('_', landed.reporter_code)),
    landed.flow_code,
    landed.period_month,
    landed.valuation,
    landed.row_count
from landed
left join country_codes on country_codes.publisher_code = landed.reporter_code
