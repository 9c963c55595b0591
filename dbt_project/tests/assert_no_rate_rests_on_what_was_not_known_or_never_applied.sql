-- Fails on: an answer of `tariff_as_of` that cites a regime which was not yet known on the day of asking, had not
-- begun on
-- the day asked about, or was only announced, such as the 25 % of the letter of July 2025. Asked for each day of the
-- list
-- as known on each other.
{{ config(meta={"dagster": {"ref": {"name": "tariff_rate_changes"}}}, enabled=target.type == "duckdb") }}
-- depends_on: {{ ref('tariff_rate_changes') }}
with

    regimes as (select * from {{ ref("tariff_regimes") }}),

    days as (
        {%- for column in [
            "announced_on",
            "published_on",
            "known_from",
            "planned_from",
            "legal_from",
            "legal_to",
            "voided_on",
        ] %}
            select {{ column }}_date as day
            from regimes
            where {{ column }}_date is not null
            {% if not loop.last %}
                union
            {% endif %}
        {%- endfor %}
    ),

    answers as (
        select days.day, known.day as known_on, rates.*
        from days
        cross join days as known
        cross join {{ ref("tariff_regimes").schema }}.tariff_as_of(days.day, known.day) as rates
    ),

    cited as (
        {%- for part in ["base", "s232", "reciprocal", "s122"] %}
            select day, known_on, exporter_iso3, scope_code, {{ part }}_regime_id as regime_id
            from answers
            where {{ part }}_regime_id is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    )

select cited.*, regimes.known_from_date, regimes.legal_from_date, regimes.was_ever_in_force
from cited
inner join regimes on regimes.regime_id = cited.regime_id
where
    regimes.known_from_date > cited.known_on
    or regimes.legal_from_date is null
    or regimes.legal_from_date > cited.day
    or not regimes.was_ever_in_force
union all
-- The letter is in the list, and it never was a rate.
select null, null, exporter_iso3, scope_code, regime_id, known_from_date, legal_from_date, was_ever_in_force
from regimes
where regime_id = 'kr_ieepa_letter_25' and was_ever_in_force
union all
select null, null, null, null, 'kr_ieepa_letter_25 is not in the list', null, null, null
where not exists (select 1 from regimes where regime_id = 'kr_ieepa_letter_25')
