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
                {{ parse_date("date") }} as rate_date,
                '{{ currency | upper }}' as currency_code,
                {{ parse_decimal(adapter.quote(currency), 8) }} as currency_per_eur,
                concat(
                    'date=', coalesce(date, 'null'), '; {{ currency | upper }}=', {{ adapter.quote(currency) }}
                ) as raw_record
            from printed
            where trim({{ adapter.quote(currency) }}) not in ('', 'N/A')
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
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
from quoted
