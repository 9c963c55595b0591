"""Plans for year-on-year by chapter, from landing files: `python -m tests.benchmarks.year_on_year <landing> <folder>`.

Each makes one row per reporter, partner, flow, chapter and month with its value and that of a year earlier, in a process of
its own, and spills into the folder. `lag` is right only where no month is missing; `products joined` loses what was
traded a year earlier and is not now.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

import duckdb

PRINTED = """
    select filename, reporterCode as reporter, partnerCode as partner, flowCode as flow, cmdCode as product, period,
        left(cmdCode, 2) as chapter, strptime(period || '01', '%Y%m%d')::date as month,
        primaryValue::decimal(18, 2) as value_usd
    from read_parquet($releases, filename = true)
    where flowCode in ('X', 'M') and length(period) = 6 and regexp_matches(primaryValue, '^[0-9]+[.][0-9]+$')
"""
LATEST = "select max(filename) as filename, reporterCode as reporter, period from read_parquet($releases, filename = true) group by all"
PRODUCTS = f"products as (select * from ({PRINTED}) join ({LATEST}) using (filename, reporter, period))"
CHAPTERS = f"""{PRODUCTS}, chapters as (
    select reporter, partner, flow, chapter, month, sum(value_usd)::decimal(20, 2) as value_usd from products group by all
)"""
SERIES = "partition by reporter, partner, flow, chapter"
RANGE = "range between 12 preceding and 12 preceding"
PLANS = {
    "chapters, no year earlier": f"with {CHAPTERS} select *, null::decimal(20, 2) as earlier_usd from chapters",
    "chapters, range of a month's number": f"""with {CHAPTERS}
        select *, first_value(value_usd) over ({SERIES} order by year(month) * 12 + month(month) {RANGE}) as earlier_usd
        from chapters""",
    "chapters, lag": f"""with {CHAPTERS}
        select *, case when lag(month, 12) over series = month - interval 12 month then lag(value_usd, 12) over series end as earlier_usd
        from chapters window series as ({SERIES} order by month)""",
    "chapters, lag in a calendar month": f"""with {CHAPTERS}
        select *, case when lag(month) over series = month - interval 12 month then lag(value_usd) over series end as earlier_usd
        from chapters window series as ({SERIES}, month(month) order by month)""",
    "chapters joined": f"""with {CHAPTERS}
        select now.*, earlier.value_usd as earlier_usd
        from chapters as now
        left join chapters as earlier on earlier.reporter = now.reporter and earlier.partner = now.partner
            and earlier.flow = now.flow and earlier.chapter = now.chapter and earlier.month = now.month - interval 12 month""",
    "products joined": f"""with {PRODUCTS}
        select now.reporter, now.partner, now.flow, now.chapter, now.month,
            sum(now.value_usd) as value_usd, sum(earlier.value_usd) as earlier_usd
        from products as now
        left join products as earlier on earlier.reporter = now.reporter and earlier.partner = now.partner
            and earlier.flow = now.flow and earlier.product = now.product and earlier.month = now.month - interval 12 month
        group by all""",
}


def run(plan: str, landing: Path, folder: Path) -> str:
    started = time.perf_counter()
    with duckdb.connect(config={"temp_directory": str(folder), "preserve_insertion_order": "false"}) as connection:
        releases = str(landing / "comtrade" / "monthly_products" / "*.parquet")
        connection.execute(f"create table made as {PLANS[plan]}", {"releases": releases})
        spent = resource.getrusage(resource.RUSAGE_SELF)
        found = connection.execute("select count(*), count(earlier_usd), sum(earlier_usd) from made").fetchone()
    wall, cpu = time.perf_counter() - started, spent.ru_utime + spent.ru_stime
    return f"{plan:36} {cpu:8.1f} CPU s {wall:8.1f} s {spent.ru_maxrss / 1024:8,.0f} MB  rows, known, sum a year earlier: {found}"


def main() -> None:
    match sys.argv[1:]:
        case [landing, folder]:
            for plan in PLANS:
                subprocess.run(
                    [sys.executable, "-m", "tests.benchmarks.year_on_year", plan, landing, folder], check=True
                )
        case [plan, landing, folder]:
            sys.stdout.write(run(plan, Path(landing), Path(folder)) + "\n")
        case _:
            raise SystemExit("python -m tests.benchmarks.year_on_year <landing> <folder for what spills>")


if __name__ == "__main__":
    main()
