{#-
    The rate in force on one day as known on another, by the stacking rules: base + section 232, and the general duties on
    the part of the value that section 232 leaves free. `questions` holds importer, exporter, class of goods, `rate_date`,
    `known_on_date` and `metal_share` (null: the class's own). `regimes` and `scopes` are the marts of these names.
    Callers: the change points, the table macro `tariff_as_of`. It uses no other macro, so that tests can run it alone.
-#}
{% macro tariff_rates(questions, regimes, scopes) %}
    {%- set key = ["importer_iso3", "exporter_iso3", "scope_code", "rate_date", "known_on_date"] %}
    {%- set authorities = {"base": "BASE", "s232": "S232", "reciprocal": "IEEPA", "s122": "S122"} %}
    with

        asked as (select * from {{ questions }} as given),

        listed as (select * from {{ regimes }} as given),

        classes as (select * from {{ scopes }} as given),

        list_ends as (
            select importer_iso3, max(checked_through_date) as checked_through_date from listed group by importer_iso3
        ),

        -- Of one authority, a regime for one exporter and class goes before a general one, a later before an earlier.
        candidates as (
            select
                {%- for column in key %} asked.{{ column }}, {% endfor %}
                listed.regime_id,
                listed.authority_code,
                listed.regime_rate_pct,
                listed.rate_type,
                listed.is_unverified,
                listed.conflict_group,
                row_number() over (
                    partition by {% for column in key %} asked.{{ column }}, {% endfor %} listed.authority_code
                    order by
                        case when listed.exporter_iso3 = 'WLD' then 1 else 0 end,
                        case when listed.scope_code = 'all' then 1 else 0 end,
                        listed.legal_from_date desc nulls last,
                        listed.known_from_date desc nulls last,
                        listed.regime_id
                ) as place
            from asked
            inner join
                listed
                on listed.importer_iso3 = asked.importer_iso3
                and listed.exporter_iso3 in (asked.exporter_iso3, 'WLD')
                and listed.scope_code in (asked.scope_code, 'all')
                and listed.known_from_date <= asked.known_on_date
                and listed.legal_from_date <= asked.rate_date
                and (
                    listed.legal_to_date is null
                    or asked.rate_date < listed.legal_to_date
                    or asked.known_on_date < listed.legal_to_known_from_date
                )
        ),

        in_force as (select * from candidates where place = 1),

        -- A regime of the same group that never began speaks against it: by another rate, or by being withdrawn.
        contradicted as (
            select distinct {% for column in key %} in_force.{{ column }}, {% endfor %} in_force.regime_id
            from in_force
            inner join
                listed
                on listed.conflict_group = in_force.conflict_group
                and listed.legal_from_date is null
                and listed.planned_from_date <= in_force.rate_date
                and listed.known_from_date <= in_force.known_on_date
                and (
                    listed.regime_rate_pct <> in_force.regime_rate_pct
                    or listed.voided_on_date <= in_force.known_on_date
                )
        ),

        side_by_side as (
            select
                {%- for name, authority in authorities.items() %}
                    max(
                        case when in_force.authority_code = '{{ authority }}' then in_force.regime_id end
                    ) as {{ name }}_regime_id,
                    max(
                        case when in_force.authority_code = '{{ authority }}' then in_force.regime_rate_pct end
                    ) as {{ name }}_rate_pct,
                    max(
                        case when in_force.authority_code = '{{ authority }}' then in_force.rate_type end
                    ) as {{ name }}_type,
                    max(
                        case
                            when in_force.authority_code = '{{ authority }}' and in_force.is_unverified then 1 else 0
                        end
                    ) as {{ name }}_unverified,
                    max(
                        case
                            when in_force.authority_code = '{{ authority }}' and contradicted.regime_id is not null
                            then 1
                            else 0
                        end
                    ) as {{ name }}_contradicted,
                {%- endfor %}
                {%- for column in key %} in_force.{{ column }} {%- if not loop.last %}, {% endif %} {%- endfor %}
            from in_force
            left join
                contradicted on contradicted.regime_id = in_force.regime_id
                {%- for column in key %} and contradicted.{{ column }} = in_force.{{ column }} {% endfor %}
            group by {% for column in key %} in_force.{{ column }} {%- if not loop.last %}, {% endif %} {% endfor %}
        ),

        -- Free of section 232: all where none is in force or it exempts, all but the metal where it counts metal only.
        shared_out as (
            select
                side_by_side.*,
                classes.reciprocal_share,
                classes.s122_share,
                classes.listed_from_date,
                classes.is_unverified as is_scope_unverified,
                list_ends.checked_through_date,
                case
                    when side_by_side.s232_type is null or side_by_side.s232_type = 'exempt'
                    then cast(1 as decimal(9, 4))
                    when side_by_side.s232_type = 'add_on_metal_share'
                    then cast(1 - coalesce(asked.metal_share, 1 - classes.nonmetal_share) as decimal(9, 4))
                    else cast(0 as decimal(9, 4))
                end as free_share
            from asked
            inner join classes on classes.scope_code = asked.scope_code
            inner join
                side_by_side
                on {% for column in key %}
                    side_by_side.{{ column }} = asked.{{ column }} {%- if not loop.last %} and {% endif %}
                {% endfor %}
            inner join list_ends on list_ends.importer_iso3 = asked.importer_iso3
        ),

        -- A total (floor or cap) counts the base: only what is missing to it is added.
        added as (
            select
                *,
                cast(
                    case
                        when s232_type in ('all_in_floor', 'all_in_cap')
                        then greatest(s232_rate_pct - base_rate_pct, 0)
                        when s232_type = 'add_on_metal_share'
                        then s232_rate_pct * (1 - free_share)
                        when s232_type = 'exempt'
                        then 0
                        else coalesce(s232_rate_pct, 0)
                    end as decimal(9, 4)
                ) as s232_added_pct,
                cast(
                    case
                        when reciprocal_type = 'all_in_floor'
                        then greatest(reciprocal_rate_pct - base_rate_pct, 0)
                        else coalesce(reciprocal_rate_pct, 0)
                    end
                    * reciprocal_share
                    * free_share as decimal(9, 4)
                ) as reciprocal_added_pct,
                cast(coalesce(s122_rate_pct, 0) * s122_share * free_share as decimal(9, 4)) as s122_added_pct,
                reciprocal_share * free_share > 0 as is_reciprocal_due,
                s122_share * free_share > 0 as is_s122_due
            from shared_out
            where rate_date >= listed_from_date and base_rate_pct is not null
        )

    select
        importer_iso3,
        exporter_iso3,
        scope_code,
        rate_date,
        known_on_date,
        cast(base_rate_pct as decimal(9, 4)) as base_pct,
        s232_added_pct as s232_pct,
        reciprocal_added_pct as reciprocal_pct,
        s122_added_pct as s122_pct,
        cast(base_rate_pct + s232_added_pct + reciprocal_added_pct + s122_added_pct as decimal(9, 4)) as rate_pct,
        base_regime_id,
        s232_regime_id,
        case when is_reciprocal_due then reciprocal_regime_id end as reciprocal_regime_id,
        case when is_s122_due then s122_regime_id end as s122_regime_id,
        base_contradicted + s232_contradicted > 0
        or (is_reciprocal_due and reciprocal_contradicted > 0)
        or (is_s122_due and s122_contradicted > 0) as has_conflict,
        coalesce(rate_date > checked_through_date, false) as is_beyond_list,
        is_scope_unverified
        or base_unverified + s232_unverified > 0
        or (is_reciprocal_due and reciprocal_unverified > 0)
        or (is_s122_due and s122_unverified > 0) as is_unverified
    from added
{% endmacro %}

{#- Importer, exporter and class of goods for which the list can answer: some regime names that exporter for that class. -#}
{% macro tariff_series(regimes, scopes) -%}
    (
        select distinct listed.importer_iso3, listed.exporter_iso3, classes.scope_code
        from {{ regimes }} as listed
        inner join {{ scopes }} as classes on listed.scope_code in (classes.scope_code, 'all')
        where listed.exporter_iso3 <> 'WLD' and listed.legal_from_date is not null and classes.scope_code <> 'all'
    )
{%- endmacro %}
