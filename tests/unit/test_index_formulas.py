"""The index formulas of the marts, run as the SQL they are, keep their identities for any items."""

import math
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from orchestration.settings import PROJECT

MACROS = [
    PROJECT / "dbt_project" / "macros" / name for name in ("arithmetic.sql", "price_indices.sql", "concentration.sql")
]

Item = tuple[float, float, float, float]

amounts = st.floats(min_value=0.01, max_value=1e9)
items = st.lists(st.tuples(amounts, amounts, amounts, amounts), min_size=1, max_size=20)
values = st.lists(st.floats(min_value=1, max_value=1e9), min_size=1, max_size=50)


def rendered(expression: str) -> str:
    text = "".join(Path(path).read_text(encoding="utf-8") for path in MACROS)
    return Environment(autoescape=False).from_string(text + "{{ " + expression + " }}").render().strip()  # noqa: S701


ONWARDS, BACKWARDS = "'v1', 'q1', 'v0', 'q0'", "'v0', 'q0', 'v1', 'q1'"
PRICES = {
    "laspeyres": rendered(f"laspeyres_price({ONWARDS})"),
    "paasche": rendered(f"paasche_price({ONWARDS})"),
    "laspeyres_back": rendered(f"laspeyres_price({BACKWARDS})"),
    "paasche_back": rendered(f"paasche_price({BACKWARDS})"),
    "price_effect": rendered(f"price_effect({ONWARDS})"),
    "volume_effect": rendered(f"volume_effect({ONWARDS})"),
}
PRICES_SQL = "select " + ", ".join(f"{sql} as {name}" for name, sql in PRICES.items()) + " from items"
HHI = rendered("hhi('share')")
HHI_NORMALISED = rendered("hhi_normalised('hhi', 'possible')")
CONCENTRATION_SQL = f"select hhi, {HHI_NORMALISED} from (select {HHI} as hhi, ? as possible from shares)"


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create table items (v1 double, q1 double, v0 double, q0 double)")
    connection.execute("create table shares (share double)")
    return connection


def measured(engine: duckdb.DuckDBPyConnection, rows: Sequence[Item]) -> dict[str, float]:
    engine.execute("delete from items")
    engine.executemany("insert into items values (?, ?, ?, ?)", rows)
    return dict(zip(PRICES, engine.execute(PRICES_SQL).fetchall()[0], strict=True))


def concentrated(
    engine: duckdb.DuckDBPyConnection, parts: Sequence[float], possible: int | None = None
) -> tuple[float, float | None]:
    total = math.fsum(parts)
    engine.execute("delete from shares")
    engine.executemany("insert into shares values (?)", [[part / total] for part in parts])
    index, normalised = engine.execute(CONCENTRATION_SQL, [possible or len(parts)]).fetchall()[0]
    return index, normalised


@settings(deadline=None, max_examples=60)
@given(rows=items)
def test_fisher_times_its_inverse_in_time_is_one(engine: duckdb.DuckDBPyConnection, rows: list[Item]) -> None:
    found = measured(engine, rows)
    onwards = math.sqrt(found["laspeyres"] * found["paasche"])
    backwards = math.sqrt(found["laspeyres_back"] * found["paasche_back"])
    assert onwards * backwards == pytest.approx(1, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(rows=items)
def test_fisher_price_times_fisher_volume_is_the_change_in_value(
    engine: duckdb.DuckDBPyConnection, rows: list[Item]
) -> None:
    found = measured(engine, rows)
    # The volume index is the same formula with prices and quantities changed about.
    volumes = measured(engine, [(v1, v1 / q1, v0, v0 / q0) for v1, q1, v0, q0 in rows])
    price = math.sqrt(found["laspeyres"] * found["paasche"])
    volume = math.sqrt(volumes["laspeyres"] * volumes["paasche"])
    change = math.fsum(row[0] for row in rows) / math.fsum(row[2] for row in rows)
    assert price * volume == pytest.approx(change, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(rows=items)
def test_price_effect_and_volume_effect_are_the_change(engine: duckdb.DuckDBPyConnection, rows: list[Item]) -> None:
    found = measured(engine, rows)
    change = math.fsum(row[0] for row in rows) - math.fsum(row[2] for row in rows)
    scale = max(abs(found["price_effect"]), abs(found["volume_effect"]), 1)
    assert found["price_effect"] + found["volume_effect"] == pytest.approx(change, abs=1e-8 * scale)


@settings(deadline=None, max_examples=40)
@given(rows=items, factor=st.floats(min_value=0.25, max_value=4))
def test_when_all_prices_move_alike_every_index_says_so(
    engine: duckdb.DuckDBPyConnection, rows: list[Item], factor: float
) -> None:
    moved = [(v0 / q0 * factor * q1, q1, v0, q0) for _, q1, v0, q0 in rows]
    found = measured(engine, moved)
    assert found["laspeyres"] == pytest.approx(factor, rel=1e-9)
    assert found["paasche"] == pytest.approx(factor, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(rows=items)
def test_the_unit_of_weight_does_not_matter(engine: duckdb.DuckDBPyConnection, rows: list[Item]) -> None:
    kilograms = measured(engine, rows)
    tonnes = measured(engine, [(v1, q1 / 1000, v0, q0 / 1000) for v1, q1, v0, q0 in rows])
    for name, value in kilograms.items():
        assert tonnes[name] == pytest.approx(value, rel=1e-9, abs=1e-3)


def test_one_item_has_its_unit_value_for_an_index(engine: duckdb.DuckDBPyConnection) -> None:
    found = measured(engine, [(240.0, 20.0, 100.0, 10.0)])
    assert found["laspeyres"] == found["paasche"] == pytest.approx(1.2)
    assert (found["price_effect"], found["volume_effect"]) == pytest.approx((30, 110))


@settings(deadline=None, max_examples=50)
@given(count=st.integers(1, 200))
def test_equal_shares_are_one_by_n(engine: duckdb.DuckDBPyConnection, count: int) -> None:
    index, normalised = concentrated(engine, [7.0] * count)
    assert index == pytest.approx(1 / count, rel=1e-9)
    assert normalised is None if count == 1 else normalised == pytest.approx(0, abs=1e-9)


def test_one_item_of_several_has_all(engine: duckdb.DuckDBPyConnection) -> None:
    assert concentrated(engine, [5.0], possible=10) == pytest.approx((1, 1))


@settings(deadline=None, max_examples=60)
@given(parts=values)
def test_concentration_lies_between_one_by_n_and_one(engine: duckdb.DuckDBPyConnection, parts: list[float]) -> None:
    index, normalised = concentrated(engine, parts)
    assert 1 / len(parts) - 1e-9 <= index <= 1 + 1e-9
    assert normalised is None or -1e-9 <= normalised <= 1 + 1e-9


@settings(deadline=None, max_examples=60)
@given(parts=values)
def test_splitting_every_item_in_two_halves_concentration(
    engine: duckdb.DuckDBPyConnection, parts: list[float]
) -> None:
    whole, _ = concentrated(engine, parts)
    halves, _ = concentrated(engine, [part / 2 for part in parts for _ in range(2)])
    assert halves == pytest.approx(whole / 2, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(parts=st.lists(st.floats(min_value=1, max_value=1e9), min_size=2, max_size=30))
def test_a_merger_concentrates(engine: duckdb.DuckDBPyConnection, parts: list[float]) -> None:
    before, _ = concentrated(engine, parts)
    after, _ = concentrated(engine, [parts[0] + parts[1], *parts[2:]])
    assert after > before - 1e-12
