-- Fails on: a question about a rate, put to `tariff_as_of`, that gets another answer than the known one, or none.
-- The retroactive rate is asked both ways: as known now, and as known before it was published.
{{ config(meta={"dagster": {"ref": {"name": "tariff_rate_changes"}}}, enabled=target.type == "duckdb") }}
-- depends_on: {{ ref('tariff_rate_changes') }}
with

    cases as (select * from {{ ref("tariff_cases") }}),

    answers as (
        select cases.case_id, rates.rate_pct
        from cases
        inner join
            {{ ref("tariff_regimes").schema }}.tariff_as_of(cases.day, cases.known_on, cases.metal_share) as rates
            on rates.importer_iso3 = cases.importer_iso3
            and rates.exporter_iso3 = cases.exporter_iso3
            and rates.scope_code = cases.scope_code
    )

select cases.*, answers.rate_pct
from cases
left join answers on answers.case_id = cases.case_id
where answers.rate_pct is null or answers.rate_pct <> cases.expected_rate_pct
