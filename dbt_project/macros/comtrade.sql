{#-
    What the three tables of Comtrade share: they differ in the period, a month or a year, and in the form of the product
    code. `period` is SQL that gives null where the text does not parse; `product_code` is a pattern, `form` its name.
-#}
{% macro comtrade_rows(table, period_column, period, product_code, form) -%}
    with

        printed as (select * from {{ source("comtrade", table) }}),

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
                cast({{ parse_decimal("primaryvalue", 4) }} as decimal(20, 2)) as value_usd,
                cast({{ parse_decimal("fobvalue", 4) }} as decimal(20, 2)) as fob_usd,
                cast({{ parse_decimal("cifvalue", 4) }} as decimal(20, 2)) as cif_usd,
                {{ comtrade_valuation() }} as valuation,
                -- Comtrade prints 0 where a weight is not known.
                cast(
                    {{ weight(parse_decimal("netwgt", 4), parse_decimal("primaryvalue", 4)) }} as decimal(20, 2)
                ) as weight_kg,
                {{ raw_record(["period", "reportercode", "flowcode", "partnercode", "cmdcode", "primaryvalue"]) }}
                as raw_record
            from printed
        )

    select
        *,
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
    {%- set value, cif, fob = (
        parse_decimal("primaryvalue", 4),
        parse_decimal("cifvalue", 4),
        parse_decimal("fobvalue", 4),
    ) %}
    case
        when trim(flowcode) = 'X'
        then 'fob'
        when trim(flowcode) = 'M' and primaryvalue = cifvalue and {{ value }} is not null
        then 'cif'
        when trim(flowcode) = 'M' and {{ value }} = {{ cif }}
        then 'cif'
        when trim(flowcode) = 'M' and {{ value }} = {{ fob }}
        then 'fob'
        when trim(flowcode) = 'M'
        then 'unstated'
    end
{%- endmacro %}

{% macro comtrade_month() -%}
    case
        when {{ matches("trim(period)", "^[0-9]{6}$") }}
        then try_cast(concat(substr(trim(period), 1, 4), '-', substr(trim(period), 5), '-01') as date)
    end
{%- endmacro %}
