with

    printed as (select * from {{ source("inbox", "claims") }}),

    named as (
        select
            _release_id as release_id,
            _known_from as known_from,
            _row_number as row_number,
            unreadable,
            trim(claim_id) as claim_id,
            trim(claim_text) as claim_text,
            lower(trim(claim_type)) as claim_type,
            upper(trim(reporter_iso3)) as reporter_iso3,
            upper(trim(partner_iso3)) as partner_iso3,
            nullif(lower(trim(metric_code)), '') as metric_code,
            nullif(trim(sector_code), '') as sector_code,
            trim(period) as period,
            nullif(trim(claimed_value), '') as claimed_value,
            nullif(lower(trim(unit_code)), '') as unit_code,
            nullif(trim(tolerance), '') as printed_tolerance,
            {{ parse_decimal("tolerance", 9) }} as tolerance,
            {{ parse_date("made_on") }} as made_on,
            substr(
                {{
                    raw_record(
                        [
                            "line",
                            "claim_id",
                            "claim_text",
                            "claim_type",
                            "reporter_iso3",
                            "partner_iso3",
                            "metric_code",
                            "sector_code",
                            "period",
                            "claimed_value",
                            "unit_code",
                            "tolerance",
                            "made_on",
                        ]
                    )
                }},
                1,
                1000
            ) as raw_record
        from printed
    ),

    numbered as (
        select *, row_number() over (partition by release_id, claim_id order by row_number) as nth_of_key from named
    )

select
    *,
    case
        when unreadable is not null
        then unreadable
        when not {{ matches("coalesce(claim_id, '')", "^[a-z0-9][a-z0-9-]{0,79}$") }}
        then 'the claim_id is not small letters, digits and -, at most 80'
        when coalesce(claim_text, '') = '' or length(claim_text) > 1000
        then 'the text is missing or longer than 1000 letters'
        when
            coalesce(claim_type, '')
            not in ('level', 'growth', 'record', 'driver', 'policy_rate', 'policy_date', 'causal')
        then 'the type is none of level, growth, record, driver, policy_rate, policy_date, causal'
        when
            coalesce(metric_code, 'export')
            not in ('export', 'import', 'balance', 'tariff', 'collected_tariff_rate', 'agreement')
        then 'the metric is none of export, import, balance, tariff, collected_tariff_rate, agreement'
        when
            not (
                {{ matches("coalesce(period, '')", "^(19|20)[0-9]{2}$") }}
                or (length(period) = 7 and {{ parse_month("period") }} is not null and period like '%-%')
                or {{ parse_date("period") }} is not null
            )
        then 'the period is no year, month or day such as 2024, 2024-05 or 2024-05-31'
        when claimed_value is not null and not {{ matches("claimed_value", "^-?[0-9]{1,9}([.][0-9]{1,9})?$") }}
        then 'the claimed value is not a number such as 55.6'
        when printed_tolerance is not null and (tolerance is null or tolerance < 0 or tolerance > 1000000)
        then 'the tolerance is not a number such as 0.05'
        when claim_type in ('level', 'growth', 'policy_rate') and (claimed_value is null or tolerance is null)
        then 'a claim of this type needs a claimed value and a tolerance'
        when coalesce(unit_code, 'pct') not in ('bn_usd', 'pct')
        then 'the unit is neither bn_usd nor pct'
        when claim_type in ('level', 'growth', 'policy_rate') and unit_code is null
        then 'a claim of this type needs a unit, bn_usd or pct'
        when made_on is null
        then 'the day on which it was made is not a day such as 2025-07-08'
        when cast(made_on as {{ dbt.type_timestamp() }}) > known_from
        then 'the day on which it was made had not come when the file was known'
        when nth_of_key > 1
        then 'an earlier row of this file has the same claim_id'
    end as quarantine_reason
from numbered
