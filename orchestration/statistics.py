"""What SQL cannot say well, as pure functions from frame to frame; dbt's Python models call them."""

from typing import Any, cast

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.linalg import eigh
from statsmodels.tsa.interp import dentonm
from statsmodels.tsa.seasonal import STL

SERIES = ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code"]
CALENDAR = ["working_days", "seollal_days", "chuseok_days"]
ADJUSTED = dict.fromkeys(SERIES, "str") | {
    "period_month": "datetime64[us]",
    "value_sa_usd": "float",
    "seasonal_factor": "float",
    "calendar_factor": "float",
    "benchmark_factor": "float",
    "residual_seasonality_p": "float",
    "sa_method": "str",
}
SHORTEST_SERIES_MONTHS = 48
SA_METHOD = "STL of working-day-adjusted logs, whole years benchmarked by Denton"
BIAS_LAG_MONTHS = 3

MATRIX = ["ledger_code", "year", "hs_level"]
COMPLEXITY = {
    "ledger_code": "str",
    "year": "int32",
    "hs_level": "int32",
    "dimension_code": "str",
    "item_code": "str",
    "complexity_index": "float",
    "link_count": "int32",
    "exporter_count": "int32",
    "product_count": "int32",
}


def seasonally_adjust(series: pd.DataFrame) -> pd.DataFrame:
    """Seasonally adjusted flows: one row per series and month, for series that can be adjusted, else none.

    Takes the columns of `SERIES` and `CALENDAR`, `period_month` and `value_usd`. Logs lose what working days, Seollal and
    Chuseok explain of them (regression of twelve-month differences), then STL takes the season (period 12, seasonal
    window 13, robust). Denton's proportional method then spreads each year's remaining difference over its months, so
    that whole years keep their raw total. `value_sa_usd` × `seasonal_factor` × `calendar_factor` × `benchmark_factor`
    gives back the value. Only the last run of months without a gap or a zero is used, and only if it has 48 months.
    History changes with every new month.
    """
    adjusted = [_adjust_one(group) for _, group in series.groupby(SERIES, sort=True)]
    nothing = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in ADJUSTED.items()})
    return pd.concat([frame for frame in adjusted if len(frame)] or [nothing], ignore_index=True)[list(ADJUSTED)]


def _adjust_one(group: pd.DataFrame) -> pd.DataFrame:
    group = _last_unbroken_run(group.sort_values("period_month").set_index("period_month", drop=False))
    if len(group) < SHORTEST_SERIES_MONTHS:
        return group.iloc[:0]
    log_value: pd.Series = group["value_usd"].astype(float).map(np.log)
    calendar = _calendar_effect(log_value, group[CALENDAR].astype(float))
    season = STL(log_value - calendar, period=12, seasonal=13, robust=True).fit().seasonal
    unforced = np.exp(log_value - calendar - season)
    adjusted = _keep_annual_totals(unforced, group["value_usd"].astype(float))
    return group[[*SERIES, "period_month"]].assign(
        value_sa_usd=adjusted,
        seasonal_factor=np.exp(season),
        calendar_factor=np.exp(calendar),
        benchmark_factor=unforced / adjusted,
        residual_seasonality_p=_residual_seasonality(np.log(adjusted)),
        sa_method=SA_METHOD,
    )


def _last_unbroken_run(group: pd.DataFrame) -> pd.DataFrame:
    month = group["period_month"].dt.year * 12 + group["period_month"].dt.month
    is_usable = group["value_usd"].astype(float) > 0
    breaks = (~is_usable) | (month.diff() > 1)
    run = breaks.cumsum()
    return cast(pd.DataFrame, group.loc[(run == run.iloc[-1]) & is_usable])


def _calendar_effect(log_value: pd.Series, calendar: pd.DataFrame) -> pd.Series:
    """What the calendar adds to each month's log, measured from the mean of the same month of the year."""
    centred = calendar - calendar.groupby(_month_of_year(calendar.index)).transform("mean")
    centred = centred.loc[:, centred.abs().max() > 0]
    changes = centred.diff(12).to_numpy()[12:]
    fit = sm.OLS(log_value.diff(12).to_numpy()[12:], np.column_stack([np.ones(len(changes)), changes])).fit()
    return pd.Series(centred.to_numpy() @ fit.params[1:], index=centred.index)


def _keep_annual_totals(adjusted: pd.Series, value: pd.Series) -> pd.Series:
    """Whole years sum to their raw total; months outside a whole year move with the nearest month inside one."""
    years = pd.Series(cast(pd.DatetimeIndex, value.index).year, index=value.index)
    is_whole = years.groupby(years).transform("size") == 12
    totals = value[is_whole].groupby(years[is_whole]).sum()
    inside = adjusted[is_whole]
    benchmarked = pd.Series(
        np.ravel(dentonm(inside.to_numpy(), totals.to_numpy(), freq="other", k=12)), index=inside.index
    )
    factor = (benchmarked / inside).reindex(adjusted.index).ffill().bfill()
    return adjusted * factor


def _residual_seasonality(log_adjusted: pd.Series) -> float:
    """p value of the F test that month dummies explain nothing of the adjusted growth; small means season is left."""
    month = _month_of_year(log_adjusted.index)[1:]
    dummies = (month[:, None] == np.arange(2, 13)).astype(float)
    growth = np.diff(log_adjusted.to_numpy())
    return float(sm.OLS(growth, np.column_stack([np.ones(len(growth)), dummies])).fit().f_pvalue)


def _month_of_year(index: pd.Index) -> np.ndarray[Any, np.dtype[np.int32]]:
    return cast(pd.DatetimeIndex, index).month.to_numpy()


def revision_bias(revisions: pd.DataFrame) -> pd.DataFrame:
    """t of the mean revision against zero, one row per ledger, reporter, flow and horizon.

    Takes `period_month` and `revision_pct`. Revisions of neighbouring months are related, so the standard error is
    Newey and West's (HAC, three lags). Null where all revisions are equal, or only one is known.
    """
    keys = ["ledger_code", "reporter_iso3", "flow_code", "horizon_code"]
    grouped = revisions.groupby(keys)
    rows = [(*cast(tuple[str, ...], key), _bias_t(group)) for key, group in grouped]
    return pd.DataFrame(rows, columns=[*keys, "bias_t"]).astype({"bias_t": "float"})


def _bias_t(group: pd.DataFrame) -> float | None:
    revision = group.sort_values("period_month")["revision_pct"].astype(float)
    if len(revision) < 2 or revision.nunique() == 1:
        return None
    fit = sm.OLS(revision.to_numpy(), np.ones(len(revision))).fit(cov_type="HAC", cov_kwds={"maxlags": BIAS_LAG_MONTHS})
    return float(fit.tvalues[0])


def economic_complexity(advantages: pd.DataFrame) -> pd.DataFrame:
    """Economic and product complexity (Hidalgo and Hausmann 2009): one row per matrix and exporter or product.

    Takes the columns of `MATRIX`, `exporter_iso3`, `product_code` and `rca_world`. An exporter and a product are linked
    where `rca_world` ≥ 1; `link_count` is the diversity of an exporter, the ubiquity of a product. `complexity_index`
    has mean 0 and standard deviation 1 (of the whole, not of a sample); it grows with diversity for exporters, and with
    the complexity of its exporters for products. Null where the matrix falls into parts, for then it has no order.
    No country or product is cut for its size: cut before.
    """
    rows = [_complexity_of_one(group) for _, group in advantages.groupby(MATRIX, sort=True)]
    nothing = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COMPLEXITY.items()})
    return pd.concat(rows or [nothing], ignore_index=True).astype(COMPLEXITY)[list(COMPLEXITY)]


def _complexity_of_one(group: pd.DataFrame) -> pd.DataFrame:
    linked = group[group["rca_world"].astype(float) >= 1]
    links = pd.crosstab(linked["exporter_iso3"], linked["product_code"]).clip(upper=1)
    diversity, ubiquity = links.sum(axis=1), links.sum(axis=0)
    exporters = _second_eigenvector(links.to_numpy(dtype=float))
    products = (links.to_numpy().T @ exporters) / ubiquity.to_numpy()
    sides = [("exporter", exporters, diversity), ("product", products, ubiquity)]
    return pd.concat(
        pd.DataFrame(
            {
                **{name: group[name].iloc[0] for name in MATRIX},
                "dimension_code": side,
                "item_code": counts.index.astype(str),
                "complexity_index": _standardised(values),
                "link_count": counts.to_numpy(),
                "exporter_count": len(diversity),
                "product_count": len(ubiquity),
            }
        )
        for side, values, counts in sides
    )


def _second_eigenvector(links: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Of W = D_c⁻¹ M D_p⁻¹ Mᵀ, signed to grow with diversity; by the symmetric matrix that has the same eigenvalues.

    The largest eigenvalue is 1 and belongs to the vector of ones. Where the second is 1 too, the matrix falls into parts.
    """
    diversity, ubiquity = links.sum(axis=1), links.sum(axis=0)
    if len(links) < 3:
        return np.full(len(links), np.nan)
    scaled = links / np.sqrt(np.outer(diversity, ubiquity))
    size = len(links)
    values, vectors = eigh(scaled @ scaled.T, subset_by_index=[size - 2, size - 1])
    if values[0] > 1 - 1e-9:
        return np.full(size, np.nan)
    vector = vectors[:, 0] / np.sqrt(diversity)
    return np.asarray(vector if np.cov(vector, diversity)[0, 1] >= 0 else -vector)


def _standardised(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-12 else np.full(len(values), np.nan)
