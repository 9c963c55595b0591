{%- set currencies = [
    "usd",
    "jpy",
    "bgn",
    "cyp",
    "czk",
    "dkk",
    "eek",
    "gbp",
    "huf",
    "ltl",
    "lvl",
    "mtl",
    "pln",
    "rol",
    "ron",
    "sek",
    "sit",
    "skk",
    "chf",
    "isk",
    "nok",
    "hrk",
    "rub",
    "trl",
    "try",
    "aud",
    "brl",
    "cad",
    "cny",
    "hkd",
    "idr",
    "ils",
    "inr",
    "krw",
    "mxn",
    "myr",
    "nzd",
    "php",
    "sgd",
    "thb",
    "zar",
] %}
with

    printed as (select * from {{ source("ecb", "reference_rates") }}),

    quoted as (
        {%- for currency in currencies %}
            select
                _release_id as release_id,
                _known_from as known_from,
                _row_number as row_number,
                date as printed_date,
                '{{ currency | upper }}' as currency_code,
                {{ adapter.quote(currency) }} as printed_rate
            from printed
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    parsed as (
        select
            release_id,
            known_from,
            row_number,
            {{ parse_date("printed_date") }} as rate_date,
            currency_code,
            {{ parse_decimal("printed_rate", 8) }} as currency_per_eur,
            concat('date=', coalesce(printed_date, 'null'), '; ', currency_code, '=', printed_rate) as raw_record
        from quoted
        where trim(printed_rate) not in ('', 'N/A')
    )

select
    *,
    case
        when rate_date is null
        then 'the day does not parse'
        when currency_per_eur is null
        then 'the rate does not parse'
        when currency_per_eur <= 0
        then 'the rate is not positive'
    end as quarantine_reason
from parsed
