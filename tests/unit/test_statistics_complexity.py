"""Economic complexity keeps the identities of its definition."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.statistics import COMPLEXITY, economic_complexity

# Hidalgo and Hausmann's picture in small: who makes more makes what few make.
NESTED = {"DEU": "abcd", "KOR": "abc", "VNM": "ab", "BGD": "a"}


def advantages(links: dict[str, str], year: int = 2024) -> pd.DataFrame:
    products = sorted(set("".join(links.values())))
    rows = [
        (exporter, product, 2.0 if product in made else 0.5) for exporter, made in links.items() for product in products
    ]
    return pd.DataFrame(rows, columns=["exporter_iso3", "product_code", "rca_world"]).assign(
        ledger_code="world", year=year, hs_level=6
    )


def index_of(found: pd.DataFrame, dimension: str) -> pd.Series:
    chosen = found[found["dimension_code"] == dimension]
    return chosen.set_index("item_code")["complexity_index"].sort_index()


def walk(links: np.ndarray) -> np.ndarray:
    """W = D_c⁻¹ M D_p⁻¹ Mᵀ, as the definition has it."""
    matrix: np.ndarray = (links / links.sum(axis=1, keepdims=True)) @ (links / links.sum(axis=0, keepdims=True)).T
    return matrix


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    exporters, products = draw(st.integers(3, 9)), draw(st.integers(3, 9))
    cells = draw(st.lists(st.booleans(), min_size=exporters * products, max_size=exporters * products))
    drawn = np.array(cells, dtype=float).reshape(exporters, products)
    links: np.ndarray = drawn[drawn.sum(axis=1) > 0][:, drawn.sum(axis=0) > 0]
    assume(links.shape[0] >= 3 and links.shape[1] >= 2)
    values = np.sort(np.linalg.eigvals(walk(links)).real)
    assume(values[-2] < 1 - 1e-3 and values[-2] > 1e-3 and values[-2] - values[-3] > 1e-3)
    return links


def as_frame(links: np.ndarray) -> pd.DataFrame:
    exporters = [f"E{row:02d}" for row in range(links.shape[0])]
    made = {
        name: "".join(chr(97 + column) for column in np.flatnonzero(links[row])) for row, name in enumerate(exporters)
    }
    return advantages(made)


def test_who_makes_more_and_rarer_goods_is_more_complex() -> None:
    found = economic_complexity(advantages(NESTED))
    assert index_of(found, "exporter").sort_values().index.tolist() == ["BGD", "VNM", "KOR", "DEU"]
    assert index_of(found, "product").sort_values().index.tolist() == ["a", "b", "c", "d"]
    counts = found.set_index("item_code")["link_count"]
    assert counts[["DEU", "BGD", "a", "d"]].tolist() == [4, 1, 4, 1]
    assert set(found["exporter_count"]) == {4} and set(found["product_count"]) == {4}


@settings(deadline=None, max_examples=60)
@given(matrices())
def test_the_index_is_the_second_eigenvector_of_the_definition(links: np.ndarray) -> None:
    transition = walk(links)
    values = np.sort(np.linalg.eigvals(transition).real)
    assert values[-1] == pytest.approx(1)
    exporters = index_of(economic_complexity(as_frame(links)), "exporter").to_numpy()
    # It was moved to mean 0, and the vector of ones has eigenvalue 1: so W x − λ x is a constant.
    left = transition @ exporters - values[-2] * exporters
    assert left == pytest.approx(np.full(len(left), left.mean()), abs=1e-8)


@settings(deadline=None, max_examples=60)
@given(matrices())
def test_it_has_mean_0_deviation_1_and_grows_with_diversity(links: np.ndarray) -> None:
    found = economic_complexity(as_frame(links))
    for dimension in ("exporter", "product"):
        index = index_of(found, dimension).to_numpy()
        assert index.mean() == pytest.approx(0, abs=1e-9)
        assert index.std() == pytest.approx(1)
    assert np.cov(index_of(found, "exporter"), links.sum(axis=1))[0, 1] >= -1e-9
    mean_of_exporters = (links.T @ index_of(found, "exporter").to_numpy()) / links.sum(axis=0)
    assert np.corrcoef(index_of(found, "product"), mean_of_exporters)[0, 1] == pytest.approx(1)


@settings(deadline=None, max_examples=40)
@given(matrices(), st.randoms())
def test_the_order_of_rows_does_not_matter(links: np.ndarray, random: object) -> None:
    frame = as_frame(links)
    shuffled = frame.sample(frac=1, random_state=random.randrange(1000)).reset_index(drop=True)  # type: ignore[attr-defined]
    one, other = economic_complexity(frame), economic_complexity(shuffled)
    spread = abs(np.cov(index_of(one, "exporter"), links.sum(axis=1))[0, 1])
    assume(spread > 1e-6)  # without it the sign is nobody's
    for dimension in ("exporter", "product"):
        assert index_of(one, dimension).to_numpy() == pytest.approx(index_of(other, dimension).to_numpy(), abs=1e-6)


def test_a_world_in_two_parts_has_no_order() -> None:
    found = economic_complexity(advantages({"AAA": "ab", "BBB": "ab", "CCC": "cd", "DDD": "cd"}))
    assert found["complexity_index"].isna().all()
    assert len(found) == 8


def test_each_year_is_a_matrix_of_its_own() -> None:
    both = pd.concat([advantages(NESTED, 2023), advantages({**NESTED, "KOR": "abd"}, 2024)])
    found = economic_complexity(both)
    first = economic_complexity(advantages(NESTED, 2023))
    again = found[found["year"] == 2023].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, first)


def test_without_world_data_there_are_no_rows_but_all_columns() -> None:
    nothing = economic_complexity(advantages(NESTED).iloc[:0])
    assert nothing.empty
    assert list(nothing.columns) == list(COMPLEXITY)
