{{ kept_by_release() }}
-- depends_on: {{ ref('stg_entrepot__releases') }}
-- depends_on: {{ ref('int_release_months') }}
{%- set tables = [
    ["kcs", "country_totals"],
    ["kcs", "national_totals"],
    ["census", "country_imports"],
    ["census", "country_exports"],
    ["census", "country_workbook"],
    ["kcs", "set_exports"],
    ["kcs", "chip_trade"],
    ["kcs", "subheading_exports"],
    ["kcs", "national_trade"],
    ["kcs", "item_trade"],
    ["kcs", "hs_codes"],
    ["kcs", "flash_product_exports"],
    ["kcs", "flash_partner_exports"],
    ["kcs", "flash_product_imports"],
    ["kcs", "flash_partner_imports"],
    ["census", "chapter_imports"],
    ["census", "chapter_exports"],
    ["census", "subheading_imports"],
    ["census", "subheading_exports"],
    ["census", "duty_collected"],
    ["comtrade", "monthly_trade"],
    ["comtrade", "monthly_products"],
    ["comtrade", "annual_products"],
    ["baci", "flows"],
    ["ecb", "reference_rates"],
    ["fred", "observations"],
    ["ecos", "observations"],
    ["yahoo", "quotes"],
    ["fred", "vintages"],
    ["rss", "items"],
    ["gdelt", "articles"],
    ["policy_rates", "federal_reserve"],
    ["policy_rates", "bank_of_korea"],
    ["policy_rates", "bank_of_japan"],
] %}
{#- What a user brings is also held against what exists, so it is judged after staging. -#}
{%- set brought = ["assets", "prices", "headlines", "trade", "claims", "files"] %}
{%- for source_name, table_name in tables %}
    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        release_id,
        row_number,
        raw_record,
        quarantine_reason
    from {{ ref("stg_" ~ source_name ~ "__" ~ table_name) }}
    where
        quarantine_reason is not null
        {% if [source_name, table_name] == ["comtrade", "monthly_products"] and may_ask(ref("int_release_months")) %}
            and release_id in ({{ releases_with_rows_missing(reads_changes_only()) }})
        {% elif reads_changes_only() %} and release_id in ({{ changed_releases_query() }})
        {% endif %}
    union all
{%- endfor %}
{%- for table_name in brought %}
    select 'inbox', '{{ table_name }}', release_id, row_number, raw_record, quarantine_reason
    from {{ ref("int_inbox_" ~ table_name) }}
    where quarantine_reason is not null
    {% if not loop.last %}
        union all
    {% endif %}
{%- endfor %}
