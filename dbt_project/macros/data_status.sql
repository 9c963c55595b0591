{#- From the least settled to the most. -#}
{% macro statuses() -%} {{- return(["flash", "preliminary", "confirmed", "final", "revised"]) -}} {%- endmacro %}

{% macro status_code(word) -%} {{ number_of(word, statuses()) }} {%- endmacro %}

{% macro status_word(number) -%} {{ word_of(number, statuses()) }} {%- endmacro %}

{#- The least settled of several statuses: a sum is no better known than its weakest part. -#}
{% macro least_settled(status) -%} {{ status_word("min(" ~ status_code(status) ~ ")") }} {%- endmacro %}

{#- The less settled of two statuses; the known one where the other is null. -#}
{% macro less_settled(status, other_status) -%}
    {{ status_word("least(" ~ status_code(status) ~ ", " ~ status_code(other_status) ~ ")") }}
{%- endmacro %}
