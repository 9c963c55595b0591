{#-
    A large warehouse need not read again what it has read. With `loaded_after`, which orchestration/increments.py keeps
    of the last build, products are read from the releases loaded since, and of a user's own files, which are judged anew
    each time. Without it, everything is made anew: the rule, and needed after any change of a model or a reference table.

    DuckDB takes out the rows that are read anew. Spark overwrites partitions: a release, or a month of all reporters.
-#}
{% macro kept_by_release() -%} {{ kept_unless("forget_changed_releases()", "release_id") }} {%- endmacro %}

{% macro kept_by_month() -%} {{ kept_unless("forget_changed_months()", "period_month") }} {%- endmacro %}

{#- What one row more or less may change everywhere has no partition: Spark makes it whole. -#}
{% macro kept_unless(hook, partition=none) -%}
    {%- set is_kept = var("loaded_after", "") != "" and (deletes_rows() or partition is not none) -%}
    {{
        config(
            materialized="incremental" if is_kept else "table",
            on_schema_change="fail",
            pre_hook="{" ~ "{ " ~ hook ~ " }" ~ "}",
            **written_by(partition)
        )
    }}
{%- endmacro %}

{#- A table to which rows are added and of which none changes. -#}
{% macro added_to() -%}
    {{
        config(
            materialized="incremental" if var("loaded_after", "") else "table",
            incremental_strategy="append",
            on_schema_change="fail",
        )
    }}
{%- endmacro %}

{% macro written_by(partition) -%} {{- return(adapter.dispatch("written_by")(partition)) -}} {%- endmacro %}

{% macro default__written_by(partition) -%} {{- return({"incremental_strategy": "append"}) -}} {%- endmacro %}

{% macro spark__written_by(partition) -%}
    {{- return({"incremental_strategy": "insert_overwrite", "partition_by": [partition]} if partition else {}) -}}
{%- endmacro %}

{% macro deletes_rows() -%} {{- return(adapter.dispatch("deletes_rows")()) -}} {%- endmacro %}

{% macro default__deletes_rows() -%} {{- return(true) -}} {%- endmacro %}

{% macro spark__deletes_rows() -%} {{- return(false) -}} {%- endmacro %}

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

{#- The same of a table that only DuckDB keeps. -#}
{% macro reads_changed_rows_only() -%} {{- return(deletes_rows() and reads_changes_only()) -}} {%- endmacro %}

{#- Written out, one by one: so a filter by release opens no landing file but theirs. -#}
{% macro changed_releases() -%}
    {{ written_out(changed_releases_query()) if var("loaded_after", "") else "''" }}
{%- endmacro %}

{% macro changed_releases_query() -%}
    select release_id
    from {{ ref("stg_entrepot__releases") }}
    where source_name = 'inbox' or loaded_at_utc > cast('{{ var("loaded_after", "") }}' as {{ dbt.type_timestamp() }})
    order by release_id
{%- endmacro %}

{#- May a model be written by what another holds by now? Not where nothing runs, nor in a unit test, which has its own rows. -#}
{% macro may_ask(relation) -%}
    {{- return(execute and model.resource_type == "model" and load_cached_relation(relation) is not none) -}}
{%- endmacro %}

{#- The first column of what a query finds, written out as text. -#}
{% macro written_out(query) -%}
    {%- set found = run_query(query).columns[0].values() if execute else [] -%} '{{ found | join("', '") }}'
{%- endmacro %}

{#-
    Releases that are read where they landed and of which rows could not be read, of all or of those that changed. No file
    of another is opened for them.
-#}
{% macro releases_with_rows_missing(is_of_changes=false) -%}
    {%- set asked -%}
        select releases.release_id
        from {{ ref("stg_entrepot__releases") }} as releases
        left join {{ ref("int_release_months") }} as months on months.release_id = releases.release_id
        where
            releases.dataset_code = 'comtrade.monthly_products'
            {% if is_of_changes %} and releases.release_id in ({{ changed_releases() }}) {% endif %}
        group by releases.release_id, releases.row_count
        having coalesce(sum(months.row_count), 0) < releases.row_count
        order by releases.release_id
    {%- endset -%}
    {{ written_out(asked) }}
{%- endmacro %}

{#- The months of which several releases speak, or which one takes back; of all months or of those that are made anew. -#}
{% macro restated_months(is_of_changes=false) -%}
    select coverage.ledger_code, coverage.reporter_iso3, coverage.period_month
    from {{ ref("int_release_coverage") }} as coverage
    {% if is_of_changes %}
        inner join
            ({{ months_made_anew() }}) as changed_months
            on changed_months.ledger_code = coverage.ledger_code
            and changed_months.reporter_iso3 = coverage.reporter_iso3
            and changed_months.period_month = coverage.period_month
    {% endif %}
    group by coverage.ledger_code, coverage.reporter_iso3, coverage.period_month
    having min(coverage.release_id) < max(coverage.release_id) or count(coverage.later_release_id) > 0
{%- endmacro %}

{#- The releases that speak of such months, written out. -#}
{% macro releases_speaking_of(months) -%}
    {%- set asked -%}
        select distinct coverage.release_id
        from {{ ref("int_release_coverage") }} as coverage
        inner join
            ({{ months }}) as months
            on months.ledger_code = coverage.ledger_code
            and months.reporter_iso3 = coverage.reporter_iso3
            and months.period_month = coverage.period_month
        order by 1
    {%- endset -%}
    {{ written_out(asked) }}
{%- endmacro %}

{#- Hooks that make room for what is read anew. -#}
{% macro forget_changed_releases() -%}
    {%- if reads_changes_only() -%} {{ adapter.dispatch("forget_changed_releases")() }} {%- endif -%}
{%- endmacro %}

{% macro default__forget_changed_releases() -%}
    delete from {{ this }} where release_id in ({{ changed_releases() }})
{%- endmacro %}

{% macro spark__forget_changed_releases() -%}
    {{ drop_partitions("release_id", "", run_query(changed_releases_query()).columns[0].values()) }}
{%- endmacro %}

{% macro forget_changed_months() -%}
    {%- if reads_changes_only() -%} {{ adapter.dispatch("forget_changed_months")() }} {%- endif -%}
{%- endmacro %}

{#- Rows are looked for by tuple: DuckDB takes twenty times as long where `exists` says the same. -#}
{% macro default__forget_changed_months() -%}
    delete from {{ this }}
    where
        (ledger_code, reporter_iso3, period_month) in (
            select changed_months.ledger_code, changed_months.reporter_iso3, changed_months.period_month
            from ({{ months_made_anew() }}) as changed_months
        )
{%- endmacro %}

{% macro spark__forget_changed_months() -%}
    {{ drop_partitions("period_month", "date ", run_query(changed_dates_query()).columns[0].values()) }}
{%- endmacro %}

{#- The same of int_sector_sums, which has a number in place of a ledger, a reporter and a flow. -#}
{% macro forget_changed_sums() -%}
    {%- if reads_changes_only() -%} {{ adapter.dispatch("forget_changed_sums")() }} {%- endif -%}
{%- endmacro %}

{% macro default__forget_changed_sums() -%}
    delete from {{ this }}
    where
        (place_number, period_month) in (
            select places.place_number, changed_months.period_month
            from ({{ months_made_anew() }}) as changed_months
            inner join
                {{ ref("int_sector_places") }} as places
                on places.ledger_code = changed_months.ledger_code
                and places.reporter_iso3 = changed_months.reporter_iso3
        )
{%- endmacro %}

{% macro spark__forget_changed_sums() -%} {{ spark__forget_changed_months() }} {%- endmacro %}

{#- An overwritten partition that gets no row would stay as it was. -#}
{% macro drop_partitions(column, type, values) -%}
    {%- set partitions = [] -%}
    {%- for value in values -%}
        {%- do partitions.append("partition (" ~ column ~ " = " ~ type ~ "'" ~ value ~ "')") -%}
    {%- endfor -%}
    {{- return("alter table " ~ this ~ " drop if exists " ~ partitions | join(", ") if partitions else "") -}}
{%- endmacro %}

{#- Months of a reporter of which a changed release speaks, or says nothing and so takes them back. -#}
{% macro months_of_changed_releases() -%}
    select distinct ledger_code, reporter_iso3, period_month
    from {{ ref("int_release_coverage") }}
    where release_id in ({{ changed_releases() }}) or later_release_id in ({{ changed_releases() }})
{%- endmacro %}

{#- What is taken out and read anew of a table that is kept by month: Spark overwrites a month of all reporters. -#}
{% macro months_made_anew() -%} {{- return(adapter.dispatch("months_made_anew")()) -}} {%- endmacro %}

{% macro default__months_made_anew() -%} {{- return(months_of_changed_releases()) -}} {%- endmacro %}

{% macro spark__months_made_anew() -%}
    {%- set asked -%}
        select distinct ledger_code, reporter_iso3, period_month
        from {{ ref("int_release_coverage") }}
        where period_month in ({{ dates_of_changed_releases() }})
    {%- endset -%}
    {{- return(asked) -}}
{%- endmacro %}

{% macro changed_dates_query() -%}
    select distinct period_month from ({{ months_of_changed_releases() }}) as months order by 1
{%- endmacro %}

{#- The same months, of whatever reporter, written out: with them, rows of other months are not read. -#}
{% macro dates_of_changed_releases() -%}
    {{ dates_written_out(changed_dates_query() if var("loaded_after", "") else "") }}
{%- endmacro %}

{#- As `written_out`, of dates; one that no row has where none is found. -#}
{% macro dates_written_out(query) -%}
    {%- set dates = run_query(query).columns[0].values() if execute and query else [] -%}
    {%- for date in dates or ["9999-01-01"] -%}
        cast('{{ date }}' as date) {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Korea's tables of the nation alone. Which of their months count is for int_world_totals_chosen to say: all are read anew. -#}
{% macro national_tables() -%} 'kcs.national_totals', 'kcs.national_trade' {%- endmacro %}

{% macro releases_of_changed_totals() -%}
    {%- set asked -%}
        select release_id
        from {{ ref("stg_entrepot__releases") }}
        where release_id in ({{ changed_releases() }}) or dataset_code in ({{ national_tables() }})
        order by release_id
    {%- endset -%}
    {{ written_out(asked) }}
{%- endmacro %}

{#- Of int_trade_reports. -#}
{% macro forget_changed_reports() -%}
    {%- if reads_changed_rows_only() %}
        delete from {{ this }} where release_id in ({{ releases_of_changed_totals() }})
    {%- endif -%}
{%- endmacro %}

{#- Months of which a changed release says anything of a total, or might have: it takes back what it lacks. Written out. -#}
{% macro dates_of_changed_totals() -%}
    {%- set asked -%}
        select period_month
        from {{ ref("int_trade_reports") }}
        where release_id in ({{ changed_releases() }})
        union
        select months.period_month
        from {{ ref("stg_entrepot__releases") }} as releases
        inner join
            {{ ref("dim_month") }} as months
            on months.period_month between releases.first_period_month and releases.last_period_month
        where releases.release_id in ({{ changed_releases() }})
        order by 1
    {%- endset -%}
    {{ dates_written_out(asked) }}
{%- endmacro %}

{#- Of int_trade_observations and surplus_vintages: rows of those months, of all where everything is made anew. -#}
{% macro of_changed_totals() -%}
    {%- if reads_changed_rows_only() %} where period_month in ({{ dates_of_changed_totals() }}) {%- endif -%}
{%- endmacro %}

{% macro forget_changed_totals() -%}
    {%- if reads_changed_rows_only() %} delete from {{ this }} {{ of_changed_totals() }} {%- endif -%}
{%- endmacro %}

{#- Of int_sector_measures, the months that int_sector_changes names. -#}
{% macro forget_changed_sectors() -%}
    {%- if reads_changed_rows_only() %}
        delete from {{ this }}
        where (series_number, period_month) in ({{ moved_months("series_number", "changes.of_products") }})
    {%- endif -%}
{%- endmacro %}

{#- Of int_sector_residuals, the months that int_sector_changes names, and partners whose every sector was taken back. -#}
{% macro forget_changed_residuals() -%}
    {%- if reads_changed_rows_only() %}
        delete from {{ this }}
        where
            (partner_number, period_month) in ({{ moved_months("partner_number", "series.sector_code = 'other'") }})
            or partner_number not in ({{ trading_partners() }})
    {%- endif -%}
{%- endmacro %}

{#- Partners of which a sector stands in some month. -#}
{% macro trading_partners() %}
    select distinct series.partner_number
    from {{ ref("int_sector_series") }} as series
    inner join
        (select distinct series_number from {{ ref("int_sector_measures") }}) as measures
        on measures.series_number = series.series_number
{% endmacro %}

{#- The months that int_sector_changes names, of series or partners by number. -#}
{% macro moved_months(number, condition) %}
    select series.{{ number }}, changes.period_month
    from {{ ref("int_sector_changes") }} as changes
    inner join
        {{ ref("int_sector_series") }} as series
        on series.ledger_code = changes.ledger_code
        and series.reporter_iso3 = changes.reporter_iso3
    where {{ condition }}
{% endmacro %}

{#- SQL of the first month that moved, as a date that is written out: with it, no month before is read, nor joined. -#}
{% macro first_moved_month(which="true") -%}
    {%- set asked = "select min(period_month) from " ~ ref("int_sector_changes") ~ " where " ~ which -%}
    {{- return("cast('" ~ (run_query(asked).columns[0].values()[0] or "9999-01-01") ~ "' as date)") -}}
{%- endmacro %}

{#- The first that a moved month looks back at. -#}
{% macro first_month_looked_at(which="true") -%}
    {{- return(dbt.dateadd("month", -12, first_moved_month(which))) -}}
{%- endmacro %}
