{#-
    `tariff_as_of(day, known_on)`: the rate in force on `day` as it was known at the end of `known_on`, one row per importer,
    exporter and class of goods. `tariff_as_of(day, known_on, metal_share)` says which part of the value of goods that are
    charged on their metal is metal (0-1); without it, all of it. It lives in the published file, beside the marts it reads.
-#}
{% macro create_tariff_as_of() %} {{ tariff_as_of_in(this.schema) }} {% endmacro %}

{% macro tariff_as_of_in(schema) %}
    {%- if target.type == "duckdb" %}
        {%- set regimes = schema ~ ".tariff_regimes" %}
        {%- set scopes = schema ~ ".dim_tariff_scope" %}
        create or replace macro {{ schema }}.tariff_as_of
        {%- for parameters, share in [("day, known_on", "null"), ("day, known_on, metal_share", "metal_share")] %}
            {%- set questions %}
                (
                    select
                        series.importer_iso3,
                        series.exporter_iso3,
                        series.scope_code,
                        cast(day as date) as rate_date,
                        cast(known_on as date) as known_on_date,
                        cast({{ share }} as decimal(9, 4)) as metal_share
                    from {{ tariff_series(regimes, scopes) }} as series
                )
            {%- endset %}
            ({{ parameters }}) as table (
                select
                    importer_iso3,
                    exporter_iso3,
                    scope_code,
                    base_pct,
                    s232_pct,
                    reciprocal_pct,
                    s122_pct,
                    rate_pct,
                    base_regime_id,
                    s232_regime_id,
                    reciprocal_regime_id,
                    s122_regime_id,
                    has_conflict,
                    is_beyond_list,
                    is_unverified
                from ({{ tariff_rates(questions, regimes, scopes) }}) as rates
            )
            {%- if not loop.last %}, {% endif %}
        {%- endfor %}
    {%- endif %}
{% endmacro %}
