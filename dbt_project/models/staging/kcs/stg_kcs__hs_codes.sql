with

    printed as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            trim({{ adapter.quote("HS부호") }}) as code,
            trim({{ adapter.quote("적용시작일자") }}) as first_day,
            trim({{ adapter.quote("적용종료일자") }}) as last_day,
            trim({{ adapter.quote("한글품목명") }}) as korean_name,
            trim({{ adapter.quote("영문품목명") }}) as english_name
        from {{ source("kcs", "hs_codes") }}
    ),

    named as (
        select
            release_id,
            known_from,
            row_number,
            -- Some tool on the way took the code for a number.
            case when {{ matches("code", "^[0-9]{9}$") }} then concat('0', code) else code end as product_code,
            {%- for name, printed_name in {"valid_from_date": "first_day", "valid_to_date": "last_day"}.items() %}
                case
                    when {{ matches(printed_name, "^[0-9]{8}$") }}
                    then
                        try_cast(
                            concat(
                                substr({{ printed_name }}, 1, 4),
                                '-',
                                substr({{ printed_name }}, 5, 2),
                                '-',
                                substr({{ printed_name }}, 7, 2)
                            ) as date
                        )
                    when {{ matches(printed_name, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$") }}
                    then try_cast({{ printed_name }} as date)
                    -- Days as a workbook counts them.
                    when {{ matches(printed_name, "^[0-9]{5}$") }}
                    then
                        cast(
                            {{
                                dbt.dateadd(
                                    "day", "cast(" ~ printed_name ~ " as integer)", "cast('1899-12-30' as date)"
                                )
                            }} as date
                        )
                end as {{ name }},
            {%- endfor %}
            nullif(english_name, '') as product_name,
            nullif(korean_name, '') as product_name_ko,
            {{ raw_record(["code", "first_day", "last_day", "korean_name", "english_name"]) }} as raw_record
        from printed
    )

select
    *,
    case
        when product_code is null or not {{ matches("product_code", "^[0-9]{10}$") }}
        then 'the product code is not ten digits'
        when valid_from_date is null
        then 'the first day in force does not parse'
        when product_name_ko is null
        then 'the name is missing'
    end as quarantine_reason
from named
