{#- Fails on: two rows with one key, or a key with a null in it. -#}
{% test unique_grain(model, columns, where=none) %}
    select {{ columns | join(", ") }}, count(*) as row_count
    from {{ model }}
    {% if where %} where {{ where }} {% endif %}
    group by {{ columns | join(", ") }}
    having count(*) > 1 {% for column in columns %} or {{ column }} is null {% endfor %}
{% endtest %}

{#- Fails on: a row for which the expression is not true. A null counts as true: what is unknown is not wrong. -#}
{% test holds(model, expression) %} select * from {{ model }} where not ({{ expression }}) {% endtest %}

{#- Fails on: a value that the list does not name, nulls aside. -#}
{% test one_of(model, column_name, values) %}
    select distinct {{ column_name }} from {{ model }} where {{ column_name }} not in ('{{ values | join("', '") }}')
{% endtest %}

{#- Fails on: a value that does not stand in the other table's column, nulls aside. -#}
{% test found_in(model, column_name, to, field) %}
    select distinct {{ column_name }}
    from {{ model }}
    where {{ column_name }} is not null and {{ column_name }} not in (select {{ field }} from {{ to }})
{% endtest %}
