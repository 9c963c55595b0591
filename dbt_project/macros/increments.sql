{#-
    A large warehouse need not read again what it has read. With `loaded_after`, which orchestration/increments.py keeps
    of the last build, products are read from the releases loaded since, and of a user's own files, which are judged anew
    each time. Without it, everything is made anew: the rule, and needed after any change of a model or a reference table.
-#}
{% macro kept_by_release() -%} {{ kept_unless("forget_changed_releases()") }} {%- endmacro %}

{% macro kept_unless(hook) -%}
    {{
        config(
            materialized="incremental" if var("loaded_after", "") else "table",
            incremental_strategy="append",
            on_schema_change="fail",
            pre_hook="{" ~ "{ " ~ hook ~ " }" ~ "}",
        )
    }}
{%- endmacro %}

{#- dbt's own is_incremental() would have each unit test say that it is not. -#}
{% macro reads_changes_only() -%}
    {{-
        return(
            var("loaded_after", "") != ""
            and execute
            and not should_full_refresh()
            and load_cached_relation(this) is not none
        )
    -}}
{%- endmacro %}

{#- Written out, one by one: so a filter by release opens no landing file but theirs. -#}
{% macro changed_releases() -%}
    {%- set asked -%}
        select release_id
        from {{ ref("stg_entrepot__releases") }}
        where source_name = 'inbox' or loaded_at_utc > cast('{{ var("loaded_after", "") }}' as {{ dbt.type_timestamp() }})
        order by release_id
    {%- endset -%}
    {{ written_out(asked) if var("loaded_after", "") else "''" }}
{%- endmacro %}

{#- May a model be written by what another holds by now? Not where nothing runs, nor in a unit test, which has its own rows. -#}
{% macro may_ask(relation) -%}
    {{- return(execute and model.resource_type == "model" and load_cached_relation(relation) is not none) -}}
{%- endmacro %}

{#- The first column of what a query finds, written out as text. -#}
{% macro written_out(query) -%}
    {%- set found = run_query(query).columns[0].values() if execute else [] -%} '{{ found | join("', '") }}'
{%- endmacro %}

{#- Releases that are read where they landed and of which rows could not be read. No file of another is opened for them. -#}
{% macro releases_with_rows_missing() -%}
    {%- set asked -%}
        select releases.release_id
        from {{ ref("stg_entrepot__releases") }} as releases
        left join {{ ref("int_release_months") }} as months on months.release_id = releases.release_id
        where releases.dataset_code = 'comtrade.monthly_products'
        group by releases.release_id, releases.row_count
        having coalesce(sum(months.row_count), 0) < releases.row_count
        order by releases.release_id
    {%- endset -%}
    {{ written_out(asked) }}
{%- endmacro %}

{#- Releases of the months that changed, and of those of which several speak. -#}
{% macro releases_of_changed_months() -%}
    {{ written_out(releases_speaking_of(months_of_changed_releases())) }}
{%- endmacro %}

{% macro releases_of_restated_months() -%}
    {%- set restated -%}
        select ledger_code, reporter_iso3, period_month
        from {{ ref("int_release_coverage") }}
        group by ledger_code, reporter_iso3, period_month
        having min(release_id) < max(release_id) or count(later_release_id) > 0
    {%- endset -%}
    {%- set months = months_of_changed_releases() if reads_changes_only() else restated -%}
    {{ written_out(releases_speaking_of(months)) }}
{%- endmacro %}

{% macro releases_speaking_of(months) -%}
    select distinct coverage.release_id
    from {{ ref("int_release_coverage") }} as coverage
    inner join
        ({{ months }}) as months
        on months.ledger_code = coverage.ledger_code
        and months.reporter_iso3 = coverage.reporter_iso3
        and months.period_month = coverage.period_month
    order by 1
{%- endmacro %}

{#- Hooks that make room for what is read anew. -#}
{% macro forget_changed_releases() -%}
    {%- if reads_changes_only() -%} delete from {{ this }} where release_id in ({{ changed_releases() }}) {%- endif -%}
{%- endmacro %}

{% macro forget_changed_months(changed_months) -%}
    {%- if reads_changes_only() -%}
        delete from {{ this }}
        where
            exists (
                select changed_months.period_month
                from ({{ changed_months }}) as changed_months
                where
                    changed_months.ledger_code = {{ this }}.ledger_code
                    and changed_months.reporter_iso3 = {{ this }}.reporter_iso3
                    and changed_months.period_month = {{ this }}.period_month
            )
    {%- endif -%}
{%- endmacro %}

{#- Months of a reporter of which a changed release speaks, or says nothing and so takes them back. -#}
{% macro months_of_changed_releases() -%}
    select distinct ledger_code, reporter_iso3, period_month
    from {{ ref("int_release_coverage") }}
    where release_id in ({{ changed_releases() }}) or later_release_id in ({{ changed_releases() }})
{%- endmacro %}

{#- The same months, of whatever reporter, written out: with them, rows of other months are not read. -#}
{% macro dates_of_changed_releases() -%}
    {%- set is_known = execute and var("loaded_after", "") -%}
    {%- set asked = "select distinct period_month from (" ~ months_of_changed_releases() ~ ") as months order by 1" -%}
    {%- set months = run_query(asked).columns[0].values() if is_known else [] -%}
    {%- for month in months or ["9999-01-01"] -%}
        cast('{{ month }}' as date) {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Of int_sector_measures, what int_sector_changes names, and series that are no more. -#}
{% macro forget_changed_sectors() -%}
    {%- if reads_changes_only() -%}
        {%- set places = sector_places() %}
        delete from {{ this }}
        where
            series_number not in (select series.series_number from {{ ref("int_sector_series") }} as series)
            or series_number in (
                select series.series_number
                from {{ ref("int_sector_series") }} as series
                inner join {{ ref("int_sector_changes") }} as changes on {{ alike(places, "changes", "series") }}
            )
            or exists (
                select changes.ledger_code
                from {{ ref("int_sector_changes") }} as changes
                inner join
                    {{ ref("int_sector_series") }} as series
                    on series.ledger_code = changes.ledger_code
                    and series.reporter_iso3 = changes.reporter_iso3
                where series.series_number = {{ this }}.series_number and changes.period_month = {{ this }}.period_month
            )
    {%- endif -%}
{%- endmacro %}

{#-
    SQL of the first month that a changed month looks back at, as a date that is written out: with it, no month before is
    read, nor joined.
-#}
{% macro first_month_looked_at() -%}
    {%- set first = run_query("select min(period_month) from " ~ ref("int_sector_changes")).columns[0].values()[0] -%}
    {{- return(dbt.dateadd("month", -12, "cast('" ~ (first or "9999-01-01") ~ "' as date)")) -}}
{%- endmacro %}
