"""What one careful analyst would write instead for the made-up world: a single DuckDB script from landing to two marts.

It knows what the world is like: a printing replaces the one before it of its month and reporter, the file's name tells
which is later, and a partner has one code. No vintages, no quarantine, no tests: the floor that the models are measured
against.
"""

import os
import sys
from pathlib import Path

import duckdb

from orchestration.settings import settings

SCRIPT = """
create temp table codes as
select publisher_code code, iso3 from read_csv($reference || '/country_codes.csv', all_varchar = true, nullstr = '') printed
join read_csv($reference || '/countries.csv', all_varchar = true, nullstr = '') countries using (iso3)
where ledger_code = 'comtrade' and kind <> 'group';

create temp table sector_codes as
select * from read_csv($reference || '/sector_products.csv', all_varchar = true, nullstr = '') where publisher_code is null;

create temp table goods as
select distinct goods.product_code cmdCode, scheme_code, sector_code
from (select distinct product_code from read_csv($reference || '/products.csv', all_varchar = true) where hs_level = '6') goods
join sector_codes on starts_with(goods.product_code, sector_codes.product_code);

create temp table breaks as
with changed as (
    select hs_revision, unnest([product_code, earlier_code]) product_code
    from read_csv($reference || '/product_conversions.csv', all_varchar = true, nullstr = '')
)
select distinct scheme_code, sector_code, hs_revision from sector_codes join changed using (product_code) where hs_level = '6';

create temp table product_files as
select max(filename) filename, reporterCode, period
from read_parquet($landing || '/comtrade/monthly_products/*.parquet', filename = true) group by reporterCode, period;

create temp table total_files as
select max(filename) filename, reporterCode, period
from read_parquet($landing || '/comtrade/monthly_trade/*.parquet', filename = true) group by reporterCode, period;

create temp table reports as
select reporters.iso3 reporter_iso3, partners.iso3 partner_iso3, strptime(period || '01', '%Y%m%d')::date period_month,
    sum(case flowCode when 'X' then primaryValue::decimal(20, 2) end)::decimal(20, 2) export_usd,
    sum(case flowCode when 'M' then primaryValue::decimal(20, 2) end)::decimal(20, 2) import_usd
from read_parquet($landing || '/comtrade/monthly_trade/*.parquet', filename = true)
join total_files using (filename, reporterCode, period)
join codes reporters on reporters.code = reporterCode join codes partners on partners.code = partnerCode group by all;

create table surplus_monthly as
with spans as (select reporter_iso3, partner_iso3, min(period_month) a, max(period_month) b from reports group by all),
spine as (select reporter_iso3, partner_iso3, unnest(generate_series(a, b, interval 1 month))::date period_month from spans),
balances as (select *, (export_usd - import_usd)::decimal(20, 2) balance_usd
    from spine left join reports using (reporter_iso3, partner_iso3, period_month)),
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
    window s as (partition by reporter_iso3, partner_iso3 order by period_month),
        ytd as (partition by reporter_iso3, partner_iso3, year(period_month) order by period_month),
        r as (partition by reporter_iso3, partner_iso3 order by period_month rows 11 preceding)
),
world as (select reporter_iso3, period_month, export_usd world_export, import_usd world_import from balances where partner_iso3 = 'WLD')
select windowed.*,
    100 * (export_usd / nullif(export_earlier, 0) - 1) export_yoy_pct, 100 * (import_usd / nullif(import_earlier, 0) - 1) import_yoy_pct,
    case when balance_earlier > 0 and balance_usd >= 0 then 100 * (balance_usd / balance_earlier - 1) end balance_yoy_pct,
    export_usd / nullif(world_export, 0) export_share, import_usd / nullif(world_import, 0) import_share,
    (export_usd + import_usd) / nullif(world_export + world_import, 0) trade_share
from windowed left join world using (reporter_iso3, period_month);

create temp table sectors as
select reporters.iso3 reporter_iso3, partners.iso3 partner_iso3, case flowCode when 'X' then 'export' else 'import' end flow_code,
    scheme_code, sector_code, strptime(period || '01', '%Y%m%d')::date period_month,
    sum(primaryValue::decimal(18, 2))::decimal(20, 2) value_usd,
    case when count(nullif(netWgt, '0')) = count(*) then sum(netWgt::decimal(18, 2)) end::decimal(20, 2) weight_kg
from read_parquet($landing || '/comtrade/monthly_products/*.parquet', filename = true)
join product_files using (filename, reporterCode, period)
join goods using (cmdCode)
join codes reporters on reporters.code = reporterCode join codes partners on partners.code = partnerCode
where flowCode in ('X', 'M') and length(period) = 6 and regexp_matches(primaryValue, '^[0-9]+[.][0-9]+$') group by all;

create table sector_monthly as
with traded as (select distinct reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code from sectors where value_usd <> 0),
months as (
    select reporter_iso3, flow_code, sectors.scheme_code, sectors.sector_code, period_month, breaks.hs_revision is not null is_break
    from sectors left join breaks on breaks.scheme_code = sectors.scheme_code and breaks.sector_code = sectors.sector_code
        and ((hs_revision = 'HS2022' and year(period_month) = 2022) or (hs_revision = 'HS2017' and year(period_month) = 2017))
    where partner_iso3 = 'WLD'
),
parts as (
    select traded.*, period_month, coalesce(value_usd, 0)::decimal(20, 2) value_usd, weight_kg, is_break
    from traded join months using (reporter_iso3, flow_code, scheme_code, sector_code)
    left join sectors using (reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month)
),
totals as (
    select reporter_iso3, partner_iso3, 'export' flow_code, period_month, export_usd total_usd, export_earlier earlier_total_usd from surplus_monthly
    union all select reporter_iso3, partner_iso3, 'import', period_month, import_usd, import_earlier from surplus_monthly
),
standing as (
    select *,
        case when not is_break and lag(period_month, 12) over s = period_month - interval 12 month then lag(value_usd, 12) over s end earlier_value_usd,
        case when lag(period_month, 11) over s = period_month - interval 11 month then (sum(value_usd) over r)::decimal(20, 2) end value_rolling_12_usd
    from parts
    window s as (partition by reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code order by period_month),
        r as (partition by reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code order by period_month rows 11 preceding),
        y as (partition by reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code order by period_month rows 12 preceding)
    qualify max(case when value_usd <> 0 then period_month end) over y >= period_month - interval 12 month
),
mapped as (
    select reporter_iso3, partner_iso3, flow_code, scheme_code, period_month, sum(value_usd)::decimal(20, 2) mapped_usd, max(is_break) is_break
    from standing group by all
),
measured as (
    select reporter_iso3, partner_iso3, flow_code, scheme_code, period_month, total_usd, earlier_total_usd,
        (total_usd - coalesce(mapped_usd, 0))::decimal(20, 2) value_usd, coalesce(is_break, false) is_break
    from (select distinct reporter_iso3, partner_iso3, flow_code, scheme_code from traded)
    join (select distinct reporter_iso3, flow_code, scheme_code, period_month from months) using (reporter_iso3, flow_code, scheme_code)
    left join mapped using (reporter_iso3, partner_iso3, flow_code, scheme_code, period_month)
    left join totals using (reporter_iso3, partner_iso3, flow_code, period_month)
),
others as (
    select *, 'other' sector_code,
        case when not is_break and lag(period_month, 12) over s = period_month - interval 12 month then lag(value_usd, 12) over s end earlier_value_usd,
        case when count(value_usd) over r = 12 and lag(period_month, 11) over s = period_month - interval 11 month
            then (sum(value_usd) over r)::decimal(20, 2) end value_rolling_12_usd
    from measured
    window s as (partition by reporter_iso3, partner_iso3, flow_code, scheme_code order by period_month),
        r as (partition by reporter_iso3, partner_iso3, flow_code, scheme_code order by period_month rows 11 preceding)
),
together as (
    select standing.*, total_usd, earlier_total_usd
    from standing
    join (select * exclude (value_usd, is_break) from measured) using (reporter_iso3, partner_iso3, flow_code, scheme_code, period_month)
    union all by name
    select *, null weight_kg from others
)
select reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month, value_usd, weight_kg, earlier_value_usd,
    value_rolling_12_usd, value_usd / nullif(total_usd, 0) sector_share,
    100 * (value_usd / nullif(earlier_value_usd, 0) - 1) value_yoy_pct,
    case when total_usd is not null then 100 * (value_usd - earlier_value_usd) / nullif(earlier_total_usd, 0) end contribution_pp
from together
"""


def make(target: Path) -> None:
    at, memory = settings(), os.environ.get("ENTREPOT_MEMORY_LIMIT")
    with duckdb.connect(str(target)) as connection:
        if memory:
            connection.execute(f"set memory_limit = '{memory}'")
        for statement in SCRIPT.split(";\n"):
            asked = {"reference": str(at.reference), "landing": str(at.landing)}
            used = {name: value for name, value in asked.items() if f"${name}" in statement}
            connection.execute(statement, used)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
