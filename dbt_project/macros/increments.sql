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

{% macro changed_releases() -%}
    select release_id
    from {{ ref("stg_entrepot__releases") }}
    where source_name = 'inbox' or loaded_at_utc > cast('{{ var("loaded_after", "") }}' as {{ dbt.type_timestamp() }})
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

{#- Months of a reporter in which a changed release changed what is known. -#}
{% macro months_of_changed_products() -%}
    select distinct ledger_code, reporter_iso3, period_month
    from {{ ref("int_product_observations") }}
    where release_id in ({{ changed_releases() }})
{%- endmacro %}

{#- Of sector_monthly, what int_sector_changes names. -#}
{% macro forget_changed_sectors() -%}
    {%- if reads_changes_only() -%}
        delete from {{ this }}
        where
            exists (
                select changes.ledger_code
                from {{ ref("int_sector_changes") }} as changes
                where
                    changes.ledger_code = {{ this }}.ledger_code
                    and changes.reporter_iso3 = {{ this }}.reporter_iso3
                    and changes.period_month = {{ this }}.period_month
            )
            or exists (
                select changes.ledger_code
                from {{ ref("int_sector_changes") }} as changes
                where
                    changes.ledger_code = {{ this }}.ledger_code
                    and changes.reporter_iso3 = {{ this }}.reporter_iso3
                    and changes.partner_iso3 = {{ this }}.partner_iso3
                    and changes.flow_code = {{ this }}.flow_code
                    and changes.scheme_code = {{ this }}.scheme_code
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
