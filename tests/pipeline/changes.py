"""What came to a home after its first build: two later printings of one month, and files that a user brought, good and bad."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.landing import Release, land
from orchestration.settings import PROJECT

ARCHIVED = PROJECT / "seeds" / "archive" / "kcs" / "country_totals_200001_202505.parquet"
RETRIEVED_AT = datetime(2025, 7, 15, 9, 0, tzinfo=UTC)
DAMAGED_AT = datetime(2025, 7, 20, 9, 0, tzinfo=UTC)
RAISED_BY = 1_000_000
UNREADABLE = {
    "year": "2025.05",
    "statCd": "Q7",
    "statCdCntnKor1": "?",
    "expDlr": "12 34",
    "impDlr": "0",
    "balPayments": "0",
}
EXAMPLES = re.findall(r"```csv (\S+)\n(.*?)```", (PROJECT / "docs" / "inbox.md").read_text(encoding="utf-8"), re.DOTALL)
ODD = "headlines/=cmd() \u202e'; drop.csv"
SCRIPT = "<script>alert(1)</script> Tariff on Korea =cmd()"
BAD = {
    "prices/assets.csv": "nowhere,Nowhere,index,log,XKRC,,,KOR\n",
    "prices/indices.csv": "kospi,2025-13-01,1\nkospi,2025-01-02,x\nnobody,2025-01-02,1\n",
    "headlines/mine.csv": '"In no zone",2025-11-05,14:00,Asia/Soul,,kospi\n',
    "trade/mine.csv": "mine,JPN,QQQ,export,2024-05,1,,\nmine,JPN,USA,out,2024-05,1,,\n",
    "claims/mine.csv": (
        "gdp,Claim '; drop table x,level,KOR,USA,gdp,2023,1,pct,1,2025-07-08\n"
        "quoted,Partner,level,KOR,USA') or 1=1 --,export,2023,1,bn_usd,1,2025-07-08\n"
    ),
}


def printing_of(retrieved_at: datetime) -> Release:
    return Release(
        source="kcs",
        table="country_totals",
        url="https://apis.data.go.kr/1220000/nationtrade/getNationtradeList?strtYymm=202505&endYymm=202505",
        basis="fetched by a test",
        period_from=date(2025, 5, 1),
        period_to=date(2025, 5, 1),
        settled_through=date(2024, 12, 1),
        settled_status="final",
        open_status="preliminary",
        retrieved_at=retrieved_at,
    )


def rows_of_may(*lacking: str) -> list[dict[str, str]]:
    """Exports to America raised, some partners gone, the total in the form of one month."""
    table = pq.read_table(ARCHIVED)
    printed: list[dict[str, str]] = table.filter(pc.equal(table["year"], "2025.05")).to_pylist()
    kept = [row for row in printed if row["statCd"] not in ("_TOTAL", *lacking)]
    for row in kept:
        if row["statCd"] == "US":
            row["expDlr"] = str(int(row["expDlr"]) + RAISED_BY)
    total = {"year": "총계", "statCd": "-", "statCdCntnKor1": "-", "balPayments": "0"}
    sums = {name: str(sum(int(row[name]) for row in kept)) for name in ("expDlr", "impDlr")}
    return [*kept, total | sums]


def land_later_printings(home: Path) -> None:
    """The second has a line that does not parse, and lacks a partner more."""
    later = {RETRIEVED_AT: rows_of_may("LU"), DAMAGED_AT: [*rows_of_may("LU", "IS"), UNREADABLE]}
    for moment, rows in later.items():
        _, is_new = land(home / "landing", printing_of(moment), pa.Table.from_pylist(rows))
        assert is_new


def prices() -> str:
    """Two years of days that move a little and never alike."""
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(800)]
    return "".join(
        f"kospi,{day},{2500 + at * 7919 % 97}\nkosdaq,{day},{800 + at * 104729 % 89}\n"
        for at, day in enumerate(days)
        if day.weekday() < 5 and day != date(2025, 7, 7)
    )


def bring_files(home: Path) -> None:
    for name, text in EXAMPLES:
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + BAD.get(name, "") + (prices() if name == "prices/indices.csv" else ""), encoding="utf-8")
    (home / "inbox" / ODD).write_text(f"title,published_on\n{SCRIPT},2025-10-01\n", encoding="utf-8")
    (home / "inbox" / "claims" / "empty.csv").touch()
