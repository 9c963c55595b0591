"""The event study gives what an independent computation gives, and finds nothing where there is nothing."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import statsmodels.api as sm
from scipy import stats

from orchestration.event_study import (
    ABNORMAL,
    MARKET_MODEL,
    SHORTEST_ESTIMATION,
    Study,
    Vector,
    abnormal_returns,
    benchmark_returns,
    cumulative,
    event_windows,
    fit_normal_returns,
    group_tests,
    kolari_pynnonen,
    with_q_values,
)
from orchestration.settings import PROJECT

PSEUDO_EVENTS = 2500
WINDOWS = {"[0,0]": (0, 0), "[0,+1]": (0, 1), "[-1,+1]": (-1, 1), "[0,+4]": (0, 4)}


def series(stem: str) -> pd.Series:
    """A bundled FRED series by day; days without a value are no sessions."""
    rows = pq.read_table(PROJECT / "seeds" / "archive" / "fred" / f"{stem}.parquet").to_pandas()
    rows = rows[~rows["value"].isin(["", "."])]
    return pd.Series(rows["value"].astype(float).to_numpy(), index=pd.to_datetime(rows["observation_date"]))


@pytest.fixture(scope="module")
def won() -> pd.Series:
    return series("dexkous_198104_202605")


@pytest.fixture(scope="module")
def dollar() -> pd.Series:
    return series("dtwexbgs_200601_202605")


def returns_of(code: str, prices: pd.Series, return_type: str = "log", hour: int = 16) -> pd.DataFrame:
    """As `int_market_returns` gives them: a price that is missing takes its return and the next with it."""
    change = 100 * prices.diff() if return_type == "basis_points" else np.log(prices).diff()
    return pd.DataFrame(
        {
            "asset_code": code,
            "session_number": np.arange(1, len(prices) + 1),
            "session_date": prices.index,
            "closes_at_utc": pd.DatetimeIndex(prices.index) + pd.Timedelta(hours=hour),
            "price_value": prices.to_numpy(),
            "return_type": return_type,
            "return_value": change.to_numpy(),
        }
    )


def asset(code: str, benchmark: str | None = None, second: str | None = None) -> dict[str, Any]:
    return {"asset_code": code, "benchmark_asset_code": benchmark, "second_benchmark_asset_code": second}


def event(code: str, number: int, event_id: str = "letter", first: int = 0, last: int = 0) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "asset_code": code,
        "session_number": number,
        "first_offset": first,
        "last_offset": last,
    }


def spans_of(code: str, event_id: str = "letter") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "event_id": event_id,
                "asset_code": code,
                "window_code": window,
                "first_offset": first,
                "last_offset": last,
                "joint_first_offset": first - 1,
                "joint_last_offset": last + 2,
                "is_main_window": window == "[0,0]",
            }
            for window, (first, last) in WINDOWS.items()
        ]
    )


def random_walk(count: int, seed: int = 0) -> pd.Series:
    steps = np.random.default_rng(seed).normal(0, 0.005, count)
    return pd.Series(1000 * np.exp(steps.cumsum()), index=pd.bdate_range("2020-01-01", periods=count))


def one_of(rows: pd.DataFrame) -> dict[Any, Any]:
    """The only row, by column."""
    (row,) = rows.to_dict("records")
    return row


@pytest.fixture(scope="module")
def studied(won: pd.Series, dollar: pd.Series) -> pd.DataFrame:
    """The won around 8 July 2025 by both models, as `abnormal_returns` gives it."""
    returns = pd.concat([returns_of("won", won), returns_of("dollar", dollar)])
    number = int((won.index < pd.Timestamp("2025-07-08")).sum()) + 1
    return abnormal_returns(
        pd.DataFrame([event("won", number)]), returns, pd.DataFrame([asset("won", "dollar"), asset("dollar")])
    )


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("model_code", ["constant_mean", "market_model"])
def test_the_won_agrees_with_one_regression_with_a_dummy_per_day(
    won: pd.Series, dollar: pd.Series, studied: pd.DataFrame, window: str, model_code: str
) -> None:
    """Estimation and window in one regression: each dummy is an abnormal return, their sum the CAR with its own error."""
    first, last = WINDOWS[window]
    moved = pd.DataFrame({"won": np.log(won).diff(), "dollar": np.log(dollar.reindex(won.index)).diff()})
    at = moved.index.get_loc(pd.Timestamp("2025-07-08"))
    assert isinstance(at, int)
    used = moved.iloc[[*range(at - 250, at - 20), *range(at + first, at + last + 1)]]
    dummies = np.vstack([np.zeros((230, last - first + 1)), np.eye(last - first + 1)])
    normal = [np.ones(len(used))] + ([used["dollar"].to_numpy()] if model_code == MARKET_MODEL else [])
    together = sm.OLS(used["won"].to_numpy(), np.column_stack([dummies, *normal])).fit()
    summed = together.t_test(np.r_[np.ones(dummies.shape[1]), np.zeros(len(normal))])

    measured = event_windows(studied, spans_of("won"))
    ours = one_of(measured[(measured["model_code"] == model_code) & (measured["window_code"] == window)])
    assert ours["estimation_count"] == 230
    assert ours["cumulative_abnormal_return"] == pytest.approx(float(summed.effect[0]), abs=1e-9)
    assert ours["standard_error"] == pytest.approx(float(np.squeeze(summed.sd)), abs=1e-9)
    assert ours["t_value"] == pytest.approx(float(np.squeeze(summed.tvalue)), abs=1e-9)
    assert ours["p_value"] == pytest.approx(float(summed.pvalue), abs=1e-9)
    days = studied[(studied["model_code"] == model_code) & studied["session_offset"].between(first, last)]
    np.testing.assert_allclose(days["abnormal_return"], together.params[: len(days)], atol=1e-9)
    np.testing.assert_allclose(days["abnormal_return_se"], together.bse[: len(days)], atol=1e-9)


def test_a_car_is_the_sum_of_its_abnormal_returns(studied: pd.DataFrame) -> None:
    for row in event_windows(studied, spans_of("won")).to_dict("records"):
        first, last = WINDOWS[row["window_code"]]
        days = studied[(studied["model_code"] == row["model_code"]) & studied["session_offset"].between(first, last)]
        assert row["cumulative_abnormal_return"] == pytest.approx(days["abnormal_return"].sum(), abs=1e-12)


def test_abnormal_returns_of_the_estimation_window_have_mean_zero(studied: pd.DataFrame) -> None:
    means = studied[studied["is_estimation"]].groupby("model_code")["abnormal_return"].mean()
    assert len(means) == 2
    assert means.abs().max() < 1e-9


def rejections(drawn: Vector, benchmarks: Vector, width: int) -> float:
    """Share of pseudo-events whose CAR differs from zero at the five per cent level: 230 days to learn from, then the window."""
    found = 0
    for returns, benchmark in zip(drawn, benchmarks, strict=True):
        fit = fit_normal_returns(returns[:230], benchmark[:230])
        assert fit is not None
        car, error = cumulative(fit, returns[250 : 250 + width], benchmark[250 : 250 + width])
        found += 2 * stats.t.sf(abs(car / error), fit.degrees_of_freedom) < 0.05
    return found / len(drawn)


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("benchmark_count", [0, 1, 2])
def test_without_news_five_per_cent_are_rejected(width: int, benchmark_count: int) -> None:
    chance = np.random.default_rng(20250708)
    benchmarks = chance.normal(0, 0.01, (PSEUDO_EVENTS, 255, benchmark_count))
    drawn = chance.normal(0, 0.006, (PSEUDO_EVENTS, 255)) + benchmarks.sum(axis=2)
    assert rejections(drawn, benchmarks, width) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("width", [1, 2, 5])
def test_on_real_days_of_the_won_about_five_per_cent_are_rejected(won: pd.Series, width: int) -> None:
    """Every other day since 2010 as a pseudo-event, in true order: fat tails, quiet and stormy times, and real news are in it."""
    moved = np.diff(np.log(won[won.index >= "2009-01-01"].to_numpy()))
    drawn = np.lib.stride_tricks.sliding_window_view(moved, 255)[::2]
    assert len(drawn) >= 2000
    assert rejections(drawn, np.empty((*drawn.shape, 0)), width) == pytest.approx(0.05, abs=0.02)


def test_placebo_p_is_even_where_there_is_no_news() -> None:
    found = []
    for seed in range(100):
        prices = random_walk(300, seed)
        study = abnormal_returns(
            pd.DataFrame([event("walk", 280)]), returns_of("walk", prices), pd.DataFrame([asset("walk")])
        )
        found.append(event_windows(study, spans_of("walk"))["placebo_p_value"].iloc[0])
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_a_large_move_is_found_by_every_test() -> None:
    prices = random_walk(300)
    prices.iloc[279:] *= 1.05
    study = abnormal_returns(
        pd.DataFrame([event("walk", 280)]), returns_of("walk", prices), pd.DataFrame([asset("walk")])
    )
    row = event_windows(study, spans_of("walk")).set_index("window_code").loc["[0,0]"]
    assert row["cumulative_abnormal_return"] == pytest.approx(np.log(1.05), abs=0.02)
    assert row["p_value"] < 1e-9
    assert row["placebo_p_value"] == pytest.approx(1 / (1 + row["placebo_count"]))
    assert row["rank_p_value"] < 0.01


def test_a_suspended_asset_is_unknown_and_not_unmoved() -> None:
    prices = random_walk(300)
    prices.iloc[279] = np.nan
    study = abnormal_returns(
        pd.DataFrame([event("walk", 280)]), returns_of("walk", prices), pd.DataFrame([asset("walk")])
    )
    around = study.set_index("session_offset")["abnormal_return"]
    assert around[[0, 1]].isna().all()
    assert around[[-1, 2]].notna().all()
    rows = event_windows(study, spans_of("walk"))
    assert rows["cumulative_abnormal_return"].isna().all()
    assert rows["p_value"].isna().all()
    assert set(rows["unavailable_reason"]) == {"return_missing"}


def test_a_window_that_the_series_does_not_reach_is_unknown() -> None:
    study = abnormal_returns(
        pd.DataFrame([event("walk", 300)]), returns_of("walk", random_walk(300)), pd.DataFrame([asset("walk")])
    )
    reasons = event_windows(study, spans_of("walk")).set_index("window_code")["unavailable_reason"]
    assert reasons["[0,+1]"] == reasons["[0,+4]"] == "sessions_not_reached"
    assert reasons.isna()["[0,0]"]


def test_too_few_returns_measure_nothing() -> None:
    def study(number: int) -> pd.Series:
        found = abnormal_returns(
            pd.DataFrame([event("walk", number)]), returns_of("walk", random_walk(300)), pd.DataFrame([asset("walk")])
        )
        return event_windows(found, spans_of("walk")).iloc[0]

    enough = study(SHORTEST_ESTIMATION + 22)
    short = study(SHORTEST_ESTIMATION + 21)
    assert (enough["estimation_count"], short["estimation_count"]) == (SHORTEST_ESTIMATION, SHORTEST_ESTIMATION - 1)
    assert not np.isnan(enough["p_value"])
    assert np.isnan(short["p_value"])
    assert short["unavailable_reason"] == "too_few_returns"


def test_a_rate_that_never_moves_measures_nothing() -> None:
    pegged = pd.Series(7.8, index=pd.bdate_range("2020-01-01", periods=300))
    study = abnormal_returns(pd.DataFrame([event("peg", 280)]), returns_of("peg", pegged), pd.DataFrame([asset("peg")]))
    assert set(event_windows(study, spans_of("peg"))["unavailable_reason"]) == {"returns_do_not_vary"}


def test_days_inside_other_events_windows_are_left_out_of_the_estimation() -> None:
    events = pd.DataFrame(
        [
            event("walk", 280),
            event("walk", 200, "earlier", -1, 1),
            event("walk", 270, "near"),
            event("other", 210, "else"),
        ]
    )
    study = abnormal_returns(events, returns_of("walk", random_walk(300)), pd.DataFrame([asset("walk")]))
    letter = study[(study["event_id"] == "letter") & study["is_estimation"]]
    assert set(range(-250, -20)) - set(letter["session_offset"]) == {-81, -80, -79}
    assert set(letter["estimation_count"]) == {227}


def test_offsets_count_sessions_and_not_days() -> None:
    study = abnormal_returns(
        pd.DataFrame([event("walk", 280)]), returns_of("walk", random_walk(300)), pd.DataFrame([asset("walk")])
    )
    around = study[~study["is_estimation"]]
    assert around["session_offset"].tolist() == list(range(-10, 11))
    assert around["session_date"].is_monotonic_increasing


def test_a_yield_is_measured_in_basis_points() -> None:
    yields = pd.Series(
        4 + np.random.default_rng(1).normal(0, 0.05, 300).cumsum(), index=pd.bdate_range("2020-01-01", periods=300)
    )
    returns = returns_of("yield", yields, "basis_points")
    study = abnormal_returns(pd.DataFrame([event("yield", 280)]), returns, pd.DataFrame([asset("yield")]))
    at_event = study.set_index("session_offset").loc[0]
    assert at_event["return_value"] == pytest.approx(100 * (yields.iloc[279] - yields.iloc[278]))


def test_a_benchmark_that_closes_later_in_the_day_enters_with_a_days_lag() -> None:
    new_york, seoul = random_walk(300, 1), random_walk(300, 2)
    lagged = benchmark_returns(returns_of("seoul", seoul, hour=6), returns_of("new_york", new_york, hour=20))
    same_day = benchmark_returns(returns_of("seoul", seoul, hour=21), returns_of("new_york", new_york, hour=20))
    moved = np.log(new_york).diff().to_numpy()
    np.testing.assert_allclose(lagged[2:], moved[1:-1], atol=1e-12)
    np.testing.assert_allclose(same_day[1:], moved[1:], atol=1e-12)


def test_a_benchmark_with_other_holidays_enters_with_the_return_of_the_whole_span() -> None:
    benchmark = random_walk(10)
    own = returns_of("own", random_walk(10, 2).drop(benchmark.index[5]))
    found = benchmark_returns(own, returns_of("benchmark", benchmark))
    assert found[5] == pytest.approx(np.log(benchmark.iloc[6] / benchmark.iloc[4]))


def test_a_market_model_with_two_benchmarks_takes_out_what_both_explain() -> None:
    local, far = random_walk(300, 1), random_walk(300, 2)
    noise = np.random.default_rng(3).normal(0, 1e-4, 300)
    share = pd.Series(
        100 * np.exp((1.2 * np.log(local).diff().fillna(0) + 0.5 * np.log(far).diff().fillna(0) + noise).cumsum()),
        index=local.index,
    )
    returns = pd.concat([returns_of("share", share), returns_of("local", local), returns_of("far", far)])
    study = abnormal_returns(
        pd.DataFrame([event("share", 280)]),
        returns,
        pd.DataFrame([asset("share", "local", "far"), asset("local"), asset("far")]),
    )
    spread = study[~study["is_estimation"]].groupby("model_code")["abnormal_return"].std()
    assert spread[MARKET_MODEL] < 3e-4 < spread["constant_mean"]
    market = study[study["model_code"] == MARKET_MODEL]
    assert Study({name: market[name].to_numpy() for name in ABNORMAL}).parameter_count == 3


def test_a_market_model_without_its_benchmarks_prices_measures_nothing() -> None:
    study = abnormal_returns(
        pd.DataFrame([event("share", 280)]),
        returns_of("share", random_walk(300)),
        pd.DataFrame([asset("share", "unpriced")]),
    )
    rows = event_windows(study, spans_of("share"))
    is_market = rows["model_code"] == MARKET_MODEL
    assert set(rows[is_market]["unavailable_reason"]) == {"too_few_returns"}
    assert rows[~is_market]["p_value"].notna().all()


def test_q_values_are_those_of_benjamini_and_hochberg_within_a_batch() -> None:
    tests = pd.DataFrame(
        {
            "batch_code": ["july"] * 4 + ["december"] * 2,
            "is_main_test": [True, True, True, False, True, True],
            "p_value": [0.01, 0.04, np.nan, 0.001, 0.02, 0.5],
        }
    )
    found = with_q_values(tests, ["batch_code"])["q_value"].tolist()
    assert found == pytest.approx([0.02, 0.04, np.nan, np.nan, 0.04, 0.5], nan_ok=True)


def grouped(scar: list[float], days: list[str], rule: str = "all") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group_code": "group",
            "member_rule": rule,
            "window_code": "[0,0]",
            "event_id": [f"event {n}" for n in range(len(scar))],
            "asset_code": [f"asset {n}" for n in range(len(scar))],
            "model_code": "constant_mean",
            "cumulative_abnormal_return": [0.01 * one for one in scar],
            "standard_error": 0.01,
            "estimation_count": 230,
            "return_type": "log",
            "first_session_date": pd.to_datetime(days),
            "last_session_date": pd.to_datetime(days),
        }
    )


def residuals(count: int, shared: float) -> pd.DataFrame:
    """Estimation residuals of that many members, of which a part is the same on each day."""
    chance = np.random.default_rng(7)
    common, days = chance.normal(size=230), pd.bdate_range("2024-01-01", periods=230)
    frames = [
        pd.DataFrame(
            {
                "event_id": f"event {n}",
                "asset_code": f"asset {n}",
                "model_code": "constant_mean",
                "session_date": days,
                "is_estimation": True,
                "abnormal_return": shared * common + (1 - shared) * chance.normal(size=230),
            }
        )
        for n in range(count)
    ]
    return pd.concat(frames, ignore_index=True)


SCARS = [1.4, 0.3, 2.2, -0.1, 0.9, 1.7]


def test_kolari_pynnonen_is_bmp_where_members_have_nothing_in_common() -> None:
    days = [f"2025-0{month}-03" for month in range(1, 7)]
    row = group_tests(grouped(SCARS, days), residuals(6, 0.9)).iloc[0]
    assert row["mean_correlation"] == 0
    assert row["kolari_pynnonen_t"] == row["bmp_t"]
    assert row["kolari_pynnonen_p"] == row["bmp_p"]
    assert kolari_pynnonen(2.5, 40, 0.0) == 2.5


def test_members_that_move_together_on_one_day_are_less_sure() -> None:
    row = group_tests(grouped(SCARS, ["2025-07-08"] * 6), residuals(6, 0.6)).iloc[0]
    r = row["mean_correlation"]
    assert 0.5 < r < 0.85
    assert row["kolari_pynnonen_t"] == pytest.approx(row["bmp_t"] * np.sqrt((1 - r) / (1 + 5 * r)), abs=1e-12)
    assert row["kolari_pynnonen_p"] > row["bmp_p"]


def test_group_tests_are_those_of_their_authors() -> None:
    row = group_tests(grouped(SCARS, ["2025-07-08"] * 6), residuals(6, 0.6)).iloc[0]
    scar = np.array(SCARS)
    assert row["bmp_t"] == pytest.approx(np.sqrt(6) * scar.mean() / scar.std(ddof=1), abs=1e-12)
    assert row["patell_z"] == pytest.approx(scar.sum() / np.sqrt(6) * np.sqrt(226 / 228), abs=1e-12)
    assert row["caar"] == pytest.approx(0.01 * scar.mean())
    assert row["cross_section_t"] == pytest.approx(row["bmp_t"])


def test_small_and_mixed_groups_say_only_what_they_can() -> None:
    small = group_tests(grouped(SCARS[:4], ["2025-07-08"] * 4), residuals(4, 0.6)).iloc[0]
    assert not np.isnan(small["patell_z"])
    assert np.isnan(small["bmp_t"])
    mixed = grouped(SCARS, ["2025-07-08"] * 6)
    mixed.loc[0, "return_type"] = "basis_points"
    row = group_tests(mixed, residuals(6, 0.6)).iloc[0]
    assert np.isnan(row["caar"])
    assert not np.isnan(row["kolari_pynnonen_t"])
    assert group_tests(grouped(SCARS[:1], ["2025-07-08"]), residuals(1, 0.6)).empty


def test_members_without_a_car_are_not_counted() -> None:
    members = grouped(SCARS, ["2025-07-08"] * 6)
    members.loc[2, "cumulative_abnormal_return"] = np.nan
    assert group_tests(members, residuals(6, 0.6))["member_count"].tolist() == [5]


def test_no_events_give_no_rows_but_all_columns() -> None:
    nothing = pd.DataFrame(columns=["event_id", "asset_code", "session_number", "first_offset", "last_offset"])
    study = abnormal_returns(nothing, returns_of("walk", random_walk(300)), pd.DataFrame([asset("walk")]))
    rows = event_windows(study, spans_of("walk"))
    assert study.empty
    assert rows.empty
    assert {"cumulative_abnormal_return", "t_value", "p_value", "joint_p_value", "placebo_p_value"} <= set(rows.columns)
