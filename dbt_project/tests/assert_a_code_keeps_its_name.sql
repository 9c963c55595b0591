-- Fails on: a partner's code that stands beside the name of another, in one table of a publisher. A new name
-- alone is let through: the code decides.
{{ config(meta={"dagster": {"ref": {"name": "stg_kcs__country_totals"}}}) }}
{%- set tables = [
    "kcs__country_totals",
    "kcs__set_exports",
    "kcs__chip_trade",
    "census__country_exports",
    "census__country_imports",
    "census__country_workbook",
] %}
with

    printed as (
        {%- for table in tables %}
            select distinct '{{ table }}' as table_name, publisher_code, publisher_name, release_id
            from {{ ref("stg_" ~ table) }}
            where quarantine_reason is null and publisher_name is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    )

select one.table_name, one.publisher_code, one.publisher_name, other.publisher_name as other_name
from printed as one
inner join
    printed as other
    on other.table_name = one.table_name
    and other.publisher_code = one.publisher_code
    and other.publisher_name <> one.publisher_name
inner join
    printed as owner
    on owner.table_name = one.table_name
    and owner.publisher_code <> one.publisher_code
    and owner.publisher_name = one.publisher_name
