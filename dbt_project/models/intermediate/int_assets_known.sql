{#- The assets that the project lists and those that a user declares. `event_asset_code`: it shares the events of that one. -#}
with

    listed as (
        select
            asset_code,
            asset_name,
            source_name,
            series_code,
            base_series_code,
            unit_name,
            return_type,
            venue_calendar,
            fixing_time,
            fixing_timezone,
            main_model_code,
            benchmark_asset_code,
            second_benchmark_asset_code,
            countries,
            sectors,
            licence,
            note,
            cast(null as {{ dbt.type_string() }}) as event_asset_code
        from {{ ref("assets") }}
    ),

    declared as (
        select
            asset_code,
            asset_name,
            'inbox' as source_name,
            asset_code as series_code,
            cast(null as {{ dbt.type_string() }}) as base_series_code,
            unit_name,
            return_type,
            venue_calendar,
            close_time as fixing_time,
            close_zone as fixing_timezone,
            case when benchmark_asset_code is null then 'constant_mean' else 'market_model' end as main_model_code,
            benchmark_asset_code,
            second_benchmark_asset_code,
            countries,
            sectors,
            'Yours' as licence,
            note,
            event_asset_code
        from {{ ref("int_inbox_assets") }}
        where quarantine_reason is null
    )

select *
from listed
union all
select *
from declared
