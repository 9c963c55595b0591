{#-
    What the three tables of Comtrade share: they differ in the period, a month or a year, and in the form of the product
    code. `period` is SQL that gives null where the text does not parse; `product_code` is a pattern, `form` its name.
-#}
{% macro comtrade_rows(table, period_column, period, product_code, form) -%}
    {%- set printed_columns = ["period", "reportercode", "flowcode", "partnercode", "cmdcode", "primaryvalue"] %}
    with

        -- What is asked for more than once is parsed once.
        parsed as (
            select
                *, {{ parse_decimal("primaryvalue", 4) }} as parsed_value, {{ parse_decimal("netwgt", 4) }} as parsed_kg
            from {{ source("comtrade", table) }}
        ),

        named as (
            select
                _release_id as release_id,
                _known_from as known_from,
                _row_number as row_number,
                trim(reportercode) as reporter_code,
                trim(partnercode) as publisher_code,
                case trim(flowcode) when 'X' then 'export' when 'M' then 'import' end as flow_code,
                trim(cmdcode) as product_code,
                trim(classificationcode) as classification_code,
                {{ period }} as {{ period_column }},
                cast(parsed_value as decimal(20, 2)) as value_usd,
                cast({{ parse_decimal("fobvalue", 4) }} as decimal(20, 2)) as fob_usd,
                cast({{ parse_decimal("cifvalue", 4) }} as decimal(20, 2)) as cif_usd,
                {{ comtrade_valuation() }} as valuation,
                -- Comtrade prints 0 where a weight is not known.
                cast({{ weight("parsed_kg", "parsed_value") }} as decimal(20, 2)) as weight_kg,
                {{ printed_columns | join(", ") }}
            from parsed
        )

    select
        release_id,
        known_from,
        row_number,
        reporter_code,
        publisher_code,
        flow_code,
        product_code,
        classification_code,
        {{ period_column }},
        value_usd,
        fob_usd,
        cif_usd,
        valuation,
        weight_kg,
        -- Here, so that it is put together for the few rows that are set aside, not for all that are read to find them.
        {{ raw_record(printed_columns) }} as raw_record,
        case
            when {{ period_column }} is null
            then 'the {{ period_column | replace("period_", "") }} does not parse'
            when coalesce(reporter_code, '') = ''
            then 'the reporter code is missing'
            when coalesce(publisher_code, '') = ''
            then 'the partner code is missing'
            when flow_code is null
            then 'the flow is neither X nor M'
            when product_code is null or not {{ matches("product_code", product_code) }}
            then 'the product code is not {{ form }}'
            when value_usd is null
            then 'the value does not parse'
        end as quarantine_reason
    from named
{%- endmacro %}

{#-
    The printed value of an import is its CIF value, or its FOB value where the reporter states no other. Compared as
    numbers where the texts differ: one is printed as 5 and the other as 5.0.
-#}
{% macro comtrade_valuation() -%}
    case
        when trim(flowcode) = 'X'
        then 'fob'
        when trim(flowcode) = 'M' and primaryvalue = cifvalue and parsed_value is not null
        then 'cif'
        when trim(flowcode) = 'M' and parsed_value = {{ parse_decimal("cifvalue", 4) }}
        then 'cif'
        when trim(flowcode) = 'M' and parsed_value = {{ parse_decimal("fobvalue", 4) }}
        then 'fob'
        when trim(flowcode) = 'M'
        then 'unstated'
    end
{%- endmacro %}

{#- Six digits. DuckDB works each text out once, however many rows have it, as long as no `case` stands around it. -#}
{% macro comtrade_month() -%} {{- return(adapter.dispatch("comtrade_month")()) -}} {%- endmacro %}

{% macro default__comtrade_month() -%}
    try_cast(try_strptime(regexp_extract(trim(period), '^[0-9]{6}$'), '%Y%m') as date)
{%- endmacro %}

{% macro spark__comtrade_month() -%}
    case
        when {{ matches("trim(period)", "^[0-9]{6}$") }}
        then try_cast(concat(substr(trim(period), 1, 4), '-', substr(trim(period), 5), '-01') as date)
    end
{%- endmacro %}
