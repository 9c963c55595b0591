with

    printed as (select * from {{ source("inbox", "trade") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            unreadable,
            coalesce(nullif(lower(trim(ledger)), ''), 'inbox') as user_ledger_code,
            upper(trim(reporter)) as reporter_iso3,
            upper(trim(partner)) as partner_iso3,
            lower(trim(flow)) as flow_code,
            {{ parse_month("month") }} as period_month,
            cast({{ parse_decimal("value_usd") }} as decimal(20, 2)) as value_usd,
            nullif(trim(product_code), '') as product_code,
            nullif(trim(weight_kg), '') as printed_kg,
            cast({{ parse_decimal("weight_kg") }} as decimal(20, 2)) as weight_kg,
            substr(
                {{
                    raw_record(
                        [
                            "line",
                            "ledger",
                            "reporter",
                            "partner",
                            "flow",
                            "month",
                            "product_code",
                            "value_usd",
                            "weight_kg",
                        ]
                    )
                }},
                1,
                1000
            ) as raw_record
        from printed
    ),

    numbered as (
        select
            *,
            -- A ledger is the book of one reporter.
            concat(user_ledger_code, '_', lower(reporter_iso3)) as ledger_code,
            row_number() over (
                partition by
                    release_id,
                    user_ledger_code,
                    reporter_iso3,
                    partner_iso3,
                    flow_code,
                    period_month,
                    product_code,
                    case when value_usd is null or unreadable is not null then 0 else 1 end
                order by row_number
            ) as nth_of_key
        from named
    )

select
    *,
    case
        when unreadable is not null
        then unreadable
        when not {{ matches("user_ledger_code", "^[a-z][a-z0-9_]{0,29}$") }}
        then 'the ledger is not small letters, digits and _, at most 30'
        when coalesce(flow_code, '') not in ('export', 'import')
        then 'the flow is neither export nor import'
        when period_month is null
        then 'the month is not a month such as 2025-07'
        when cast(period_month as {{ dbt.type_timestamp() }}) > known_from
        then 'the month had not come when the file was known'
        when value_usd is null or value_usd < 0
        then 'the value is not an amount such as 1250000.50'
        when printed_kg is not null and (weight_kg is null or weight_kg < 0)
        then 'the weight is not a number such as 1200.5'
        when not {{ matches("coalesce(product_code, '01')", "^([0-9]{2}|[0-9]{6})$") }}
        then 'the product code does not have two or six digits'
        when nth_of_key > 1
        then 'an earlier row of this file has the same ledger, reporter, partner, flow, month and product'
    end as quarantine_reason
from numbered
