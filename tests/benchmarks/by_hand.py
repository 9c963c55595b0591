"""What one careful analyst would write instead: a single DuckDB script from the bundled files to the two main marts.

No vintages, no quarantine, no tests, no texts, no publication: the floor that the main job is measured against. Its rows
are compared with the release, so that both are known to do the same.
"""

import sys
from pathlib import Path

import duckdb

from orchestration.settings import settings
from orchestration.statistics import seasonally_adjust

REPORTS = """
create table reports as
with codes as (
    select ledger_code, publisher_code, iso3 from read_csv($reference || '/country_codes.csv', all_varchar = true, nullstr = '')
    anti join (from read_csv($reference || '/countries.csv', all_varchar = true, nullstr = '') where kind = 'group') using (iso3)
),
kcs as (
    select 'kcs' ledger_code, 'KOR' reporter_iso3, iso3 partner_iso3, strptime(year || '.01', '%Y.%m.%d')::date period_month,
           sum(expDlr::decimal(20, 2)) export_usd, sum(impDlr::decimal(20, 2)) import_usd
    from read_parquet($archive || '/kcs/country_totals_200001_202505.parquet')
    join codes on codes.ledger_code = 'kcs' and publisher_code = statCd group by all
),
printed as (
    select CTY_CODE code, (time || '-01')::date period_month, 'I' flow, GEN_VAL_MO::decimal(20, 2) value_usd, 2 printing
    from read_parquet($archive || '/census/country_imports_201301_202412.parquet')
    union all
    select CTY_CODE, (time || '-01')::date, 'E', ALL_VAL_MO::decimal(20, 2), 2
    from read_parquet($archive || '/census/country_exports_201301_202412.parquet')
    union all
    select CTY_CODE, strptime(year || name[2:], '%Y%b')::date, name[1], round(value::double * 1e6)::decimal(20, 2), 1
    from (
        unpivot (select * exclude (CTYNAME, IYR, EYR) from read_parquet($archive || '/census/country_workbook_198501_202301.parquet'))
        on columns('^[IE][A-Z]{3}$') into name name value value
    )
    where strptime(year || name[2:], '%Y%b') <= date '2023-01-01'
),
added as (
    select iso3, period_month, flow, printing, sum(value_usd) value_usd
    from printed join codes on codes.ledger_code = 'census' and publisher_code = code group by all
),
latest as (select iso3, period_month, flow, max_by(value_usd, printing) value_usd from added group by all)
select ledger_code, reporter_iso3, partner_iso3, period_month, export_usd::decimal(20, 2) export_usd, import_usd::decimal(20, 2) import_usd from kcs
union all
select 'census', 'USA', iso3, period_month, (max(value_usd) filter (flow = 'E'))::decimal(20, 2), (max(value_usd) filter (flow = 'I'))::decimal(20, 2)
from latest group by all
"""

MONTHLY = """
create table surplus_monthly as
with spans as (select ledger_code, reporter_iso3, partner_iso3, min(period_month) a, max(period_month) b from reports group by all),
spine as (select ledger_code, reporter_iso3, partner_iso3, unnest(generate_series(a, b, interval 1 month))::date period_month from spans),
balances as (select *, export_usd - import_usd balance_usd from spine left join reports using (ledger_code, reporter_iso3, partner_iso3, period_month)),
windowed as (
    select *,
        lag(export_usd, 12) over s export_earlier, lag(import_usd, 12) over s import_earlier, lag(balance_usd, 12) over s balance_earlier,
        case when count(export_usd) over ytd = month(period_month) then sum(export_usd) over ytd end export_ytd_usd,
        case when count(import_usd) over ytd = month(period_month) then sum(import_usd) over ytd end import_ytd_usd,
        case when count(balance_usd) over ytd = month(period_month) then sum(balance_usd) over ytd end balance_ytd_usd,
        case when count(export_usd) over r = 12 then sum(export_usd) over r end export_rolling_12_usd,
        case when count(import_usd) over r = 12 then sum(import_usd) over r end import_rolling_12_usd,
        case when count(balance_usd) over r = 12 then sum(balance_usd) over r end balance_rolling_12_usd
    from balances
    window s as (partition by ledger_code, partner_iso3 order by period_month),
        ytd as (partition by ledger_code, partner_iso3, year(period_month) order by period_month),
        r as (partition by ledger_code, partner_iso3 order by period_month rows 11 preceding)
),
world as (select ledger_code, period_month, export_usd world_export, import_usd world_import from balances where partner_iso3 = 'WLD'),
days as (select reporter_iso3, period_month, working_days from read_csv($reference || '/working_days.csv')),
shared as (
    select windowed.*, export_usd / world_export export_share, import_usd / world_import import_share,
        (export_usd + import_usd) / (world_export + world_import) trade_share, working_days,
        export_usd / working_days export_daily, import_usd / working_days import_daily,
        lag(export_ytd_usd, 12) over s export_ytd_earlier, lag(import_ytd_usd, 12) over s import_ytd_earlier,
        lag(balance_ytd_usd, 12) over s balance_ytd_earlier
    from windowed left join world using (ledger_code, period_month) left join days using (reporter_iso3, period_month)
    window s as (partition by ledger_code, partner_iso3 order by period_month)
)
select * exclude (export_sa_usd, import_sa_usd),
    100 * (export_usd / nullif(export_earlier, 0) - 1) export_yoy_pct, 100 * (import_usd / nullif(import_earlier, 0) - 1) import_yoy_pct,
    case when balance_earlier > 0 and balance_usd >= 0 then 100 * (balance_usd / balance_earlier - 1) end balance_yoy_pct,
    100 * (export_ytd_usd / nullif(export_ytd_earlier, 0) - 1) export_ytd_yoy_pct,
    100 * (import_ytd_usd / nullif(import_ytd_earlier, 0) - 1) import_ytd_yoy_pct,
    100 * (export_daily / nullif(lag(export_daily, 12) over s, 0) - 1) export_daily_average_yoy_pct,
    100 * (import_daily / nullif(lag(import_daily, 12) over s, 0) - 1) import_daily_average_yoy_pct,
    export_sa_usd, import_sa_usd, export_sa_usd - import_sa_usd balance_sa_usd
from shared left join (
    select ledger_code, partner_iso3, period_month, max(value_sa_usd) filter (flow_code = 'export') export_sa_usd,
        max(value_sa_usd) filter (flow_code = 'import') import_sa_usd
    from adjusted group by all
) using (ledger_code, partner_iso3, period_month)
window s as (partition by ledger_code, partner_iso3 order by period_month)
"""

SERIES = """
with recent as (
    select ledger_code, partner_iso3, sum(export_usd) + sum(import_usd) trade from reports
    join (select ledger_code, max(period_month) last_month from reports where partner_iso3 = 'WLD' group by all) using (ledger_code)
    where period_month > last_month - interval 12 month group by all
),
top as (select ledger_code, partner_iso3 from recent qualify row_number() over (partition by ledger_code order by trade desc, partner_iso3) <= 21),
long as (
    select ledger_code, reporter_iso3, partner_iso3, 'export' flow_code, period_month, export_usd value_usd from reports
    union all select ledger_code, reporter_iso3, partner_iso3, 'import', period_month, import_usd from reports
)
select long.*, working_days, seollal_days, chuseok_days from long semi join top using (ledger_code, partner_iso3)
join read_csv($reference || '/working_days.csv') using (reporter_iso3, period_month) where value_usd is not null
"""

ANNUAL = """
create table surplus_annual as
with years as (
    select ledger_code, reporter_iso3, partner_iso3, year(period_month) as year, sum(export_usd) export_usd, sum(import_usd) import_usd,
        sum(export_usd) - sum(import_usd) balance_usd, count(export_usd) export_months_count, count(import_usd) import_months_count,
        count(balance_usd) balance_months_count
    from surplus_monthly group by all having export_months_count + import_months_count > 0
)
select *,
    rank() over (partition by ledger_code, partner_iso3, balance_months_count = 12 order by balance_usd desc) balance_rank,
    balance_usd - max(case when balance_months_count = 12 then balance_usd end) over (
        partition by ledger_code, partner_iso3 order by year rows between unbounded preceding and 1 preceding) balance_record_margin_usd
from years
"""


def make(target: Path) -> None:
    at = settings()
    reference = {"reference": str(at.reference)}
    with duckdb.connect(str(target)) as connection:
        connection.execute(REPORTS, {"archive": str(at.archive)} | reference)
        connection.register("adjusted", seasonally_adjust(connection.execute(SERIES, reference).df()))
        connection.execute(MONTHLY, reference)
        connection.execute(ANNUAL)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
