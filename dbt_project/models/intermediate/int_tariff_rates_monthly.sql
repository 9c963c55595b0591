with

    spans as (select * from {{ ref("tariff_rate_changes") }} where not is_beyond_list),

    months as (
        select period_month, cast({{ dbt.dateadd("month", 1, "period_month") }} as date) as next_month
        from {{ ref("dim_month") }}
    ),

    parts as (
        select
            spans.importer_iso3,
            spans.exporter_iso3,
            spans.scope_code,
            months.period_month,
            {{ dbt.datediff("months.period_month", "months.next_month", "day") }} as month_days,
            spans.rate_pct,
            {{
                dbt.datediff(
                    "greatest(spans.rate_from_date, months.period_month)",
                    "least(coalesce(spans.rate_to_date, months.next_month), months.next_month)",
                    "day",
                )
            }} as span_days
        from spans
        inner join
            months
            on spans.rate_from_date < months.next_month
            and (spans.rate_to_date is null or months.period_month < spans.rate_to_date)
    )

select
    importer_iso3,
    exporter_iso3,
    scope_code,
    period_month,
    cast({{ ratio("sum(rate_pct * span_days)", "max(month_days)") }} as decimal(9, 4)) as mean_rate_pct
from parts
group by importer_iso3, exporter_iso3, scope_code, period_month
having sum(span_days) = max(month_days)
