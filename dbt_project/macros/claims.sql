{#- What each reason makes of a claim. Also read by the test that recomputes verdicts. -#}
{% macro verdict(reason) -%}
    {%- set verdicts = {
        "supported": ["within_tolerance", "record", "first_in_change", "rate_in_force", "day_moved"],
        "supported_rounded": ["within_rounding"],
        "partly_supported": ["true_only_now", "record_fragile", "behind_unmapped"],
        "superseded": ["true_only_then", "never_in_force"],
        "contradicted": ["beyond_tolerance", "no_record", "others_before", "other_rate", "day_kept"],
        "not_checkable": ["no_measure", "not_held", "nothing_before"],
    } -%}
    case
        {%- for word, reasons in verdicts.items() %}
            when {{ reason }} in ('{{ reasons | join("', '") }}') then '{{ word }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- Numbers and sectors as they stand in a sentence. -#}
{% macro in_words(expression, digits=2) -%}
    cast(cast({{ expression }} as decimal(18, {{ digits }})) as {{ dbt.type_string() }})
{%- endmacro %}

{% macro billions_in_words(expression) -%} {{ in_words(expression ~ " * 0.000000001") }}{%- endmacro %}

{% macro sector_in_words(scheme, sector) -%}
    case
        when {{ sector }} = 'other'
        then 'what no sector covers'
        when {{ scheme }} = 'hs_chapter'
        then concat('chapter ', {{ sector }})
        when {{ scheme }} = 'hs_section'
        then concat('section ', {{ sector }})
        else concat('sector ', {{ sector }})
    end
{%- endmacro %}
