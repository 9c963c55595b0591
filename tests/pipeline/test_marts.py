"""What the marts compute, counted again by other means: pandas and NumPy instead of SQL."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from tests.conftest import Built

SERIES = [
    ("kcs", "USA", "balance"),
    ("kcs", "WLD", "export"),
    ("kcs", "CHN", "import"),
    ("census", "KOR", "balance"),
]
MONTHS_IN = {"month": 1, "year": 12}


def figures(
    published: duckdb.DuckDBPyConnection, ledger: str, partner: str, metric: str, frequency: str
) -> pd.DataFrame:
    """Whole dollars by period: exact in 64 bits, as doubles would not be."""
    monthly = published.execute(
        f"""
        select period_month as period_start, cast({metric}_usd * 100 as bigint) as cents
        from surplus_monthly where ledger_code = ? and partner_iso3 = ? and {metric}_usd is not null order by 1
        """,
        [ledger, partner],
    ).df()
    if frequency == "month":
        return monthly
    years = monthly.groupby(monthly["period_start"].dt.year)["cents"].agg(["size", "sum"])
    whole = years[years["size"] == 12]["sum"].rename("cents")
    return pd.DataFrame({"period_start": pd.to_datetime(whole.index.astype(str) + "-01-01"), "cents": whole.to_numpy()})


def number(moment: pd.Timestamp) -> int:
    return moment.year * 12 + moment.month


def recounted(levels: pd.DataFrame, metric: str, frequency: str) -> Iterator[dict[str, object]]:
    """Period by period, looking back over plain lists: slow and simple."""
    held = {number(start): int(cents) for start, cents in zip(levels["period_start"], levels["cents"], strict=True)}
    streak: tuple[int | None, int, pd.Timestamp | None] = (None, 0, None)
    before: int | None = None
    for start in levels["period_start"]:
        at = number(start)
        earlier = [cents for other, cents in held.items() if other < at]
        same_month = [cents for other, cents in held.items() if other % 12 == at % 12]
        measured = held[at] if metric == "balance" else held[at] - held[at - 12] if at - 12 in held else None
        sign = None if measured is None else int(np.sign(measured))
        goes_on = sign == streak[0] and before == at - MONTHS_IN[frequency]
        streak = (sign, streak[1] + 1, streak[2]) if goes_on else (sign, 1, start)
        before = at
        yield {
            "period_start": start,
            "value_rank": 1 + sum(cents > held[at] for cents in held.values()),
            "same_month_rank": 1 + sum(cents > held[at] for cents in same_month),
            "is_record_high": held[at] > max(earlier) if earlier else None,
            "is_record_low": held[at] < min(earlier) if earlier else None,
            "streak_sign": sign,
            "streak_length": None if sign is None else streak[1],
            "streak_start": None if sign is None else streak[2],
        }


@pytest.mark.parametrize("frequency", ["month", "year"])
@pytest.mark.parametrize(("ledger", "partner", "metric"), SERIES)
def test_ranks_records_and_streaks_agree_with_a_recount(
    published: duckdb.DuckDBPyConnection, ledger: str, partner: str, metric: str, frequency: str
) -> None:
    expected = list(recounted(figures(published, ledger, partner, metric, frequency), metric, frequency))
    found = published.execute(
        f"""
        select {", ".join(expected[0])} from surplus_records
        where ledger_code = ? and partner_iso3 = ? and metric_code = ? and frequency_code = ? order by period_start
        """,
        [ledger, partner, metric, frequency],
    )
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    dated = [
        {name: value.date() if isinstance(value, pd.Timestamp) else value for name, value in row.items()}
        for row in expected
    ]
    assert rows == dated


def test_the_world_and_twenty_partners_of_each_ledger_are_seasonally_adjusted_and_no_other(
    published: duckdb.DuckDBPyConnection,
) -> None:
    adjusted = published.execute(
        "select ledger_code, count(distinct partner_iso3), bool_or(partner_iso3 = 'WLD') "
        "from surplus_monthly where export_sa_usd is not null and import_sa_usd is not null group by all order by all"
    ).fetchall()
    assert adjusted == [("census", 21, True), ("kcs", 21, True)]
    half_told = published.execute(
        "from surplus_monthly where (sa_method is null) <> (export_sa_usd is null and import_sa_usd is null)"
    ).fetchall()
    assert half_told == []


def test_adjusted_years_keep_their_total(published: duckdb.DuckDBPyConnection) -> None:
    years = published.execute(
        """
        select sum(export_usd) as export, sum(export_sa_usd) as export_sa, sum(import_usd) as import,
               sum(import_sa_usd) as import_sa
        from surplus_monthly where export_sa_usd is not null and import_sa_usd is not null
        group by ledger_code, partner_iso3, year(period_month) having count(*) = 12
        """
    ).df()
    assert len(years) > 800
    for flow in ("export", "import"):
        np.testing.assert_allclose(years[f"{flow}_sa"].astype(float), years[flow].astype(float), rtol=1e-9)


def test_an_adjusted_value_times_its_factors_is_the_value(built: "Built") -> None:
    with duckdb.connect(str(built.home / "warehouse.duckdb"), read_only=True) as warehouse:
        rows = warehouse.execute(
            """
            select value_sa_usd, seasonal_factor, calendar_factor, benchmark_factor, cast(value_usd as double) as value_usd
            from intermediate.int_trade_seasonally_adjusted
            join intermediate.int_seasonal_series using (ledger_code, partner_iso3, flow_code, period_month)
            """
        ).df()
    assert len(rows) > 10_000
    np.testing.assert_allclose(rows.drop(columns="value_usd").prod(axis=1), rows["value_usd"], rtol=1e-9)


def newey_west_t(revisions: np.ndarray, lags: int = 3) -> float:
    """t of the mean, with Bartlett weights."""
    count = len(revisions)
    off = revisions - revisions.mean()
    long_run = off @ off / count
    for lag in range(1, lags + 1):
        long_run += 2 * (1 - lag / (lags + 1)) * (off[lag:] @ off[:-lag]) / count
    return float(revisions.mean() / np.sqrt(long_run / count))


@pytest.mark.parametrize(("ledger", "first_printed_on"), [("kcs", "2022-06-20"), ("census", "2023-03-31")])
@pytest.mark.parametrize("flow", ["export", "import"])
def test_revisions_agree_with_a_recount_from_the_vintages(
    published: duckdb.DuckDBPyConnection, ledger: str, first_printed_on: str, flow: str
) -> None:
    vintages = published.execute(
        """
        select
            period_month,
            cast(arg_min(value_usd, known_from) as double) as first,
            cast(arg_max(value_usd, known_from) as double) as latest
        from surplus_vintages
        where ledger_code = ? and partner_iso3 = 'WLD' and flow_code = ? group by all
        having min(known_from) = cast(? as timestamp) and min(known_from) < period_month + interval 19 months
        order by 1
        """,
        [ledger, flow, first_printed_on],
    ).df()
    revision = (100 * (vintages["latest"] / vintages["first"] - 1)).to_numpy()
    row = published.execute(
        """
        select months_count, mean_revision_pct, mean_absolute_revision_pct, rmse_pct, bias_t from surplus_revisions
        where ledger_code = ? and flow_code = ? and horizon_code = 'latest'
        """,
        [ledger, flow],
    ).fetchall()[0]
    assert row[0] == len(revision) >= 12
    expected = [revision.mean(), np.abs(revision).mean(), np.sqrt((revision**2).mean()), newey_west_t(revision)]
    np.testing.assert_allclose(row[1:], expected, rtol=1e-6)
