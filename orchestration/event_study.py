"""Event study: what an asset did around an event beyond what it normally does, and how sure that is.

Pure functions from frame to frame, called by dbt's Python models one after another: `abnormal_returns`, `event_windows`,
`group_tests`. Offsets count sessions of the asset's own venue from the session of the event (0). A return that is missing
stays missing: a suspended asset has no abnormal return, not one of zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.lib.stride_tricks import sliding_window_view
from scipy import stats

Vector = np.ndarray[Any, np.dtype[np.float64]]

ESTIMATION = (-250, -21)
SHORTEST_ESTIMATION = 120
SHOWN = (-10, 10)
CONSTANT_MEAN, MARKET_MODEL = "constant_mean", "market_model"
STALE_BENCHMARK = pd.Timedelta(days=14)
FEWEST_COMMON_DAYS = 60
FEWEST_FOR_SPREAD = 5
BENCHMARKS = ["benchmark_return", "second_benchmark_return"]
PAIR = ["event_id", "asset_code"]
STUDY = [*PAIR, "model_code"]
ABNORMAL = [
    *STUDY,
    "session_offset",
    "session_date",
    "is_estimation",
    "return_value",
    *BENCHMARKS,
    "expected_return",
    "abnormal_return",
    "abnormal_return_se",
    "residual_sd",
    "estimation_count",
]
SUMS = ["cumulative_abnormal_return", "standard_error"]
WINDOWED = [
    *STUDY,
    "window_code",
    "first_session_date",
    "last_session_date",
    *SUMS,
    "placebo_p_value",
    "placebo_count",
    "rank_p_value",
    *(f"joint_{name}" for name in SUMS),
    "estimation_count",
    "parameter_count",
    "residual_sd",
    "unavailable_reason",
]
GROUP = ["group_code", "member_rule", "window_code"]
MEMBER = [
    "cumulative_abnormal_return",
    "standard_error",
    "estimation_count",
    "return_type",
    "first_session_date",
    "last_session_date",
]
TESTS = [
    "member_count",
    "event_count",
    "asset_count",
    "caar",
    "cross_section_t",
    "cross_section_p",
    "patell_z",
    "patell_p",
    "mean_correlation",
    "bmp_t",
    "bmp_p",
    "kolari_pynnonen_t",
    "kolari_pynnonen_p",
]


@dataclass(frozen=True)
class Fit:
    """A normal-return model of one asset before one event. `covariance` is that of its parameters."""

    parameters: Vector
    covariance: Vector
    residual_sd: float
    count: int

    @property
    def degrees_of_freedom(self) -> int:
        return self.count - len(self.parameters)


def fit_normal_returns(returns: Vector, benchmarks: Vector) -> Fit | None:
    """Ordinary least squares on a constant and the benchmarks' returns (none for the constant-mean model).

    None where fewer than 120 returns are known, or all are equal: there is nothing to measure an event against.
    """
    is_valid = ~np.isnan(returns) & ~np.isnan(benchmarks).any(axis=1)
    if is_valid.sum() < SHORTEST_ESTIMATION:
        return None
    ols = sm.OLS(returns[is_valid], _design(benchmarks[is_valid])).fit()
    if ols.mse_resid <= np.finfo(float).eps ** 2:
        return None
    return Fit(ols.params, ols.cov_params(), float(np.sqrt(ols.mse_resid)), int(is_valid.sum()))


def cumulative(fit: Fit, returns: Vector, benchmarks: Vector) -> tuple[float, float]:
    """CAR of a window and its standard error as a forecast: the noise of each day, and that of the parameters all share."""
    design = _design(benchmarks)
    total = design.sum(axis=0)
    variance = len(returns) * fit.residual_sd**2 + total @ fit.covariance @ total
    return float((returns - design @ fit.parameters).sum()), float(np.sqrt(variance))


def _design(benchmarks: Vector) -> Vector:
    return np.column_stack([np.ones(len(benchmarks)), benchmarks])


def abnormal_returns(events: pd.DataFrame, returns: pd.DataFrame, assets: pd.DataFrame) -> pd.DataFrame:
    """One row per event, asset, model and session: those of the estimation window that were used, and offsets -10 to 10.

    Takes the sessions of events (`session_number`, and `first_offset`, `last_offset` of the event's main window), the returns
    of assets by session, and the assets with their benchmarks. Days inside another event's main window of the same asset are
    left out of the estimation.
    """
    by_asset = {code: group.sort_values("session_number") for code, group in returns.groupby("asset_code")}
    found = []
    for asset in assets.to_dict("records"):
        own = by_asset.get(asset["asset_code"])
        concerned = events[events["asset_code"] == asset["asset_code"]]
        if own is not None and own["return_value"].notna().any():
            happened = concerned.to_dict("records")
            for track in _tracks(asset, own, by_asset):
                found += [_abnormal_of_one(event, happened, track) for event in happened]
    columns: dict[str, Any] = {
        name: np.concatenate([part[name] for part in found]) if found else [] for name in ABNORMAL
    }
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Track:
    """An asset's sessions with its return and those of the benchmarks of one model, as arrays."""

    model_code: str
    benchmark_names: list[str]
    number: Any
    date: Any
    returns: Vector
    benchmarks: Vector


def _tracks(asset: dict[Any, Any], own: pd.DataFrame, by_asset: dict[Any, pd.DataFrame]) -> Iterator[Track]:
    number, date = own["session_number"].to_numpy(), own["session_date"].to_numpy()
    returns = own["return_value"].to_numpy(dtype=float)
    yield Track(CONSTANT_MEAN, [], number, date, returns, np.empty((len(own), 0)))
    codes = [asset["benchmark_asset_code"], asset["second_benchmark_asset_code"]]
    named = {name: code for name, code in zip(BENCHMARKS, codes, strict=True) if isinstance(code, str)}
    if named:
        unknown = np.full(len(own), np.nan)
        columns = [benchmark_returns(own, by_asset[code]) if code in by_asset else unknown for code in named.values()]
        yield Track(MARKET_MODEL, list(named), number, date, returns, np.column_stack(columns))


def benchmark_returns(own: pd.DataFrame, benchmark: pd.DataFrame) -> Vector:
    """The benchmark's return over each session of the asset, from its last closes before the asset's own.

    So a benchmark that closes later in the day enters with the day's lag it has (New York into Seoul), and one with other
    holidays with the return of the whole span.
    """
    closes = ["closes_at_utc", "price_value"]
    known = benchmark.dropna(subset=["price_value"])[closes].sort_values("closes_at_utc")
    last = pd.merge_asof(own[["closes_at_utc"]], known, on="closes_at_utc", tolerance=STALE_BENCHMARK)["price_value"]
    if benchmark["return_type"].iloc[0] == "basis_points":
        change = (last - last.shift()) * 100
    else:
        change = np.log(last.where(last > 0)).diff()
    return change.to_numpy(dtype=float)


def _abnormal_of_one(event: dict[Any, Any], happened: list[dict[Any, Any]], track: Track) -> dict[str, Any]:
    offset = track.number - event["session_number"]
    others = [other for other in happened if other["event_id"] != event["event_id"]]
    is_estimation = (offset >= ESTIMATION[0]) & (offset <= ESTIMATION[1])
    is_estimation &= ~_inside_any(track.number, others)
    is_estimation &= ~np.isnan(track.returns) & ~np.isnan(track.benchmarks).any(axis=1)
    fit = fit_normal_returns(track.returns[is_estimation], track.benchmarks[is_estimation])
    kept = is_estimation | ((offset >= SHOWN[0]) & (offset <= SHOWN[1]))
    returns, benchmarks, count = track.returns[kept], track.benchmarks[kept], int(kept.sum())
    unknown = np.full(count, np.nan)
    columns = dict.fromkeys(ABNORMAL, unknown) | {
        "event_id": np.full(count, event["event_id"], dtype=object),
        "asset_code": np.full(count, event["asset_code"], dtype=object),
        "model_code": np.full(count, track.model_code, dtype=object),
        "session_offset": offset[kept],
        "session_date": track.date[kept],
        "is_estimation": is_estimation[kept],
        "return_value": returns,
        "estimation_count": np.full(count, int(is_estimation.sum())),
        **dict(zip(track.benchmark_names, benchmarks.T, strict=True)),
    }
    if fit is not None:
        design = _design(benchmarks)
        expected = design @ fit.parameters
        forecast = np.sqrt(fit.residual_sd**2 + np.einsum("ij,jk,ik->i", design, fit.covariance, design))
        columns |= {
            "expected_return": expected,
            "abnormal_return": returns - expected,
            "abnormal_return_se": np.where(is_estimation[kept], np.nan, forecast),
            "residual_sd": np.full(count, fit.residual_sd),
        }
    return columns


def _inside_any(number: Any, events: list[dict[Any, Any]]) -> Any:
    """Which sessions lie in the main window of one of the events."""
    inside = [
        event["session_number"] + offset
        for event in events
        for offset in range(event["first_offset"], event["last_offset"] + 1)
    ]
    return np.isin(number, inside)


def event_windows(abnormal: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """One row per event, asset, model and window: CAR with its forecast error, t and p, and two views without the normal law.

    Takes the result of `abnormal_returns` and the windows of each event (`first_offset`, `last_offset`, and the joint window
    with the events that overlap it). The placebo p counts windows of the same length in the estimation window that moved at
    least as much; the rank p is Mann and Whitney's; both for the main window only. Null where a session's return is missing
    or the estimation is too short.
    """
    wanted: dict[Any, list[dict[Any, Any]]] = {}
    for window in spans.to_dict("records"):
        wanted.setdefault((window["event_id"], window["asset_code"]), []).append(window)
    columns = {name: abnormal[name].to_numpy() for name in ABNORMAL}
    rows = []
    for key, positions in sorted(abnormal.groupby(STUDY).indices.items()):
        event_id, asset_code, model_code = cast(tuple[str, str, str], key)
        study = Study({name: column[positions] for name, column in columns.items()})
        for window in wanted.get((event_id, asset_code), []):
            rows.append(
                {
                    "event_id": event_id,
                    "asset_code": asset_code,
                    "model_code": model_code,
                    "window_code": window["window_code"],
                    **study.measured(window),
                }
            )
    return _with_p_values(pd.DataFrame(rows, columns=WINDOWED))


def _with_p_values(windows: pd.DataFrame) -> pd.DataFrame:
    """t of the window and of the joint window, and their p from Student's law with the degrees of freedom of the estimation."""
    for prefix in ("", "joint_"):
        t_value = windows[f"{prefix}cumulative_abnormal_return"].astype(float) / windows[
            f"{prefix}standard_error"
        ].astype(float)
        freedom = windows["estimation_count"] - windows["parameter_count"]
        windows = windows.assign(
            **{f"{prefix}t_value": t_value, f"{prefix}p_value": 2 * stats.t.sf(t_value.abs(), freedom)}
        )
    return windows


class Study:
    """The abnormal returns of one event, asset and model, ready to be summed over windows."""

    def __init__(self, columns: dict[str, Any]) -> None:
        used = [name for name in BENCHMARKS if not np.isnan(columns[name]).all()]
        returns, offset, is_estimation = columns["return_value"], columns["session_offset"], columns["is_estimation"]
        benchmarks = np.column_stack([columns[name] for name in used]) if used else np.empty((len(offset), 0))
        self.count = int(columns["estimation_count"][0])
        self.parameter_count = 1 + len(used)
        self.fit = fit_normal_returns(returns[is_estimation], benchmarks[is_estimation])
        self.residuals = np.full(ESTIMATION[1] - ESTIMATION[0] + 1, np.nan)
        self.residuals[offset[is_estimation] - ESTIMATION[0]] = columns["abnormal_return"][is_estimation]
        self.around = {
            int(at): (returns[row], benchmarks[row], columns["session_date"][row])
            for row, at in enumerate(offset)
            if not is_estimation[row]
        }

    def measured(self, window: dict[Any, Any]) -> dict[str, Any]:
        first, last = int(window["first_offset"]), int(window["last_offset"])
        joint = self.car(int(window["joint_first_offset"]), int(window["joint_last_offset"]))
        return {
            **self.dates(first, last),
            **self.car(first, last),
            **(self.without_normal_law(first, last) if window["is_main_window"] else {}),
            **{f"joint_{name}": value for name, value in joint.items()},
            "estimation_count": self.count,
            "parameter_count": self.parameter_count,
            "residual_sd": np.nan if self.fit is None else self.fit.residual_sd,
            "unavailable_reason": self.unavailable_reason(first, last),
        }

    def dates(self, first: int, last: int) -> dict[str, Any]:
        found = [self.around[at][2] for at in range(first, last + 1) if at in self.around]
        return {
            "first_session_date": found[0] if found else pd.NaT,
            "last_session_date": found[-1] if found else pd.NaT,
        }

    def unavailable_reason(self, first: int, last: int) -> str | None:
        if self.fit is None:
            return "too_few_returns" if self.count < SHORTEST_ESTIMATION else "returns_do_not_vary"
        if any(at not in self.around for at in range(first, last + 1)):
            return "sessions_not_reached"
        returns, benchmarks = self._window(first, last)
        return "return_missing" if np.isnan(returns).any() or np.isnan(benchmarks).any() else None

    def car(self, first: int, last: int) -> dict[str, float]:
        if self.fit is None or self.unavailable_reason(first, last) is not None:
            return {"cumulative_abnormal_return": np.nan, "standard_error": np.nan}
        car, error = cumulative(self.fit, *self._window(first, last))
        return {"cumulative_abnormal_return": car, "standard_error": error}

    def without_normal_law(self, first: int, last: int) -> dict[str, float | int]:
        """The placebo p counts as one itself, so that it is never zero."""
        if self.fit is None or self.unavailable_reason(first, last) is not None:
            return {}
        returns, benchmarks = self._window(first, last)
        abnormal = returns - _design(benchmarks) @ self.fit.parameters
        placebos = sliding_window_view(self.residuals, last - first + 1).sum(axis=1)
        placebos = placebos[~np.isnan(placebos)]
        as_large = int((np.abs(placebos) >= abs(abnormal.sum())).sum())
        rank = stats.mannwhitneyu(abnormal, self.residuals[~np.isnan(self.residuals)])
        return {
            "placebo_p_value": (1 + as_large) / (1 + len(placebos)),
            "placebo_count": len(placebos),
            "rank_p_value": float(rank.pvalue),
        }

    def _window(self, first: int, last: int) -> tuple[Vector, Vector]:
        days = [self.around[at] for at in range(first, last + 1)]
        return np.array([day[0] for day in days]), np.array([day[1] for day in days])


def with_other_events(tests: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """Adds the names of the events that disturb each window (`confounding_event_ids`), in alphabetical order, null where none."""
    window = [*PAIR, "window_code"]
    named = overlaps.groupby(window)["other_event_id"].agg(lambda ids: "; ".join(sorted(ids)))
    return tests.merge(named.rename("confounding_event_ids").reset_index(), on=window, how="left")


def with_q_values(tests: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    """Adds Benjamini and Hochberg's q, by family, of the main tests (`is_main_test`); other views are not tested again."""
    tests = tests.assign(q_value=np.nan)
    counted = tests[tests["is_main_test"] & tests["p_value"].notna()]
    for _, group in counted.groupby(family):
        tests.loc[group.index, "q_value"] = stats.false_discovery_control(group["p_value"].astype(float), method="bh")
    return tests


def group_tests(members: pd.DataFrame, abnormal: pd.DataFrame) -> pd.DataFrame:
    """One row per group of two or more, rule of membership and window: is the mean of the reactions different from zero?

    Takes the members with their CAR, standard error and estimation count. Patell assumes equal variance and independence;
    BMP (Boehmer, Musumeci and Poulsen) lets the variance rise with the event; Kolari and Pynnönen let the reactions be
    related as well. Their mean correlation is that of estimation residuals on common days, and zero for two members whose
    windows share no day. Tests that measure the spread of the members are null below five of them.
    """
    known = members[members["cumulative_abnormal_return"].notna()]
    columns = {name: known[name].to_numpy() for name in (*STUDY, *MEMBER)}
    related = Correlations(abnormal)
    rows = []
    for key, positions in sorted(known.groupby(GROUP).indices.items()):
        if len(positions) > 1:
            group = {name: column[positions] for name, column in columns.items()}
            rows.append({**dict(zip(GROUP, cast(tuple[str, str, str], key), strict=True)), **_tests(group, related)})
    return pd.DataFrame(rows, columns=[*GROUP, *TESTS])


def _tests(group: dict[str, Any], related: "Correlations") -> dict[str, float | int]:
    car, error = group["cumulative_abnormal_return"].astype(float), group["standard_error"].astype(float)
    scar, count = car / error, len(car)
    z, correlation = patell(scar, group["estimation_count"].astype(float)), related.mean(group)
    row: dict[str, float | int] = {
        "member_count": count,
        "event_count": len(set(group["event_id"])),
        "asset_count": len(set(group["asset_code"])),
        "patell_z": z,
        "patell_p": float(2 * stats.norm.sf(abs(z))),
        "mean_correlation": correlation,
    }
    has_one_unit = len(set(group["return_type"])) == 1
    if has_one_unit:
        row["caar"] = float(car.mean())
    if count < FEWEST_FOR_SPREAD:
        return row
    if has_one_unit:
        plain = stats.ttest_1samp(car, 0.0)
        row |= {"cross_section_t": float(plain.statistic), "cross_section_p": float(plain.pvalue)}
    bmp_t = float(stats.ttest_1samp(scar, 0.0).statistic)
    adjusted_t = kolari_pynnonen(bmp_t, count, correlation)
    p_values = 2 * stats.t.sf(np.abs([bmp_t, adjusted_t]), count - 1)
    return row | {
        "bmp_t": bmp_t,
        "bmp_p": float(p_values[0]),
        "kolari_pynnonen_t": adjusted_t,
        "kolari_pynnonen_p": float(p_values[1]),
    }


def patell(scar: Vector, estimation_count: Vector) -> float:
    """Patell's Z: the standardised CARs, each scaled to unit variance, summed over the root of their number."""
    return float((scar * np.sqrt((estimation_count - 4) / (estimation_count - 2))).sum() / np.sqrt(len(scar)))


def kolari_pynnonen(bmp_t: float, count: int, mean_correlation: float) -> float:
    """BMP's t, less sure by what the members have in common; the same t where they have nothing in common."""
    shared = 1 + (count - 1) * mean_correlation
    if shared <= 0:
        return np.nan
    return float(bmp_t * np.sqrt((1 - mean_correlation) / shared))


class Correlations:
    """Correlation of estimation residuals between two members, looked up once per pair."""

    def __init__(self, abnormal: pd.DataFrame) -> None:
        estimation = abnormal[abnormal["is_estimation"]]
        day = estimation["session_date"].to_numpy()
        residual = estimation["abnormal_return"].to_numpy()
        self.residuals = {key: (day[at], residual[at]) for key, at in estimation.groupby(STUDY).indices.items()}
        self.known: dict[Any, float] = {}

    def mean(self, group: dict[str, Any]) -> float:
        keys = list(zip(*(group[name] for name in STUDY), strict=True))
        first, last = group["first_session_date"], group["last_session_date"]
        one, other = np.triu_indices(len(keys), k=1)
        is_together = (first[one] <= last[other]) & (first[other] <= last[one])
        together = [self._pair(keys[i], keys[j]) for i, j in zip(one[is_together], other[is_together], strict=True)]
        return float(np.sum(together) / len(one))

    def _pair(self, one: Any, other: Any) -> float:
        pair = tuple(sorted((one, other)))
        if pair not in self.known:
            (day, residual), (other_day, other_residual) = (self.residuals[key] for key in pair)
            common, at, other_at = np.intersect1d(day, other_day, assume_unique=True, return_indices=True)
            has_enough = len(common) >= FEWEST_COMMON_DAYS
            self.known[pair] = float(np.corrcoef(residual[at], other_residual[other_at])[0, 1]) if has_enough else 0.0
        return self.known[pair]
