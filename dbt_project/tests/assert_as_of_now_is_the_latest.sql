-- Fails on: a row that `surplus_as_of` today gives otherwise than `surplus_monthly`, or gives at all before the first
-- printing.
{{ config(meta={"dagster": {"ref": {"name": "surplus_monthly"}}}, enabled=target.type == "duckdb") }}
-- depends_on: {{ ref('surplus_vintages') }}
with

    as_of_now as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            period_month,
            export_usd,
            import_usd,
            balance_ytd_usd,
            export_share
        from
            {{ ref("surplus_monthly").schema }}.surplus_as_of(cast('{{ run_started_at.strftime("%Y-%m-%d") }}' as date))
    ),

    latest as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            period_month,
            export_usd,
            import_usd,
            balance_ytd_usd,
            export_share
        from {{ ref("surplus_monthly") }}
    ),

    too_early as (
        select
            ledger_code,
            reporter_iso3,
            partner_iso3,
            period_month,
            export_usd,
            import_usd,
            balance_ytd_usd,
            export_share
        from
            {{ ref("surplus_monthly").schema }}.surplus_as_of(
                (select cast(min(known_from) - interval 1 day as date) from {{ ref("surplus_vintages") }})
            )
    )

    (
        select *
        from as_of_now
        except
        select *
        from latest
    )
union all
(
    select *
    from latest
    except
    select *
    from as_of_now
)
union all
select *
from too_early
