"""The stacking rules of tariffs hold for any list of regimes, not only for the one that ships with the project."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.settings import PROJECT

FIRST_DAY = date(2025, 1, 1)
DAYS = range(8)
AUTHORITIES = {
    "BASE": ("add_on",),
    "S232": ("add_on", "add_on_metal_share", "all_in_floor", "all_in_cap", "exempt"),
    "IEEPA": ("add_on", "all_in_floor"),
    "S122": ("add_on",),
}


@dataclass(frozen=True)
class Regime:
    """Days are counted from FIRST_DAY. Without `legal_from` it was only announced."""

    regime_id: str
    authority: str
    exporter: str
    scope: str
    rate: Decimal
    rate_type: str
    known_from: int
    legal_from: int | None
    legal_to: int | None
    legal_to_known_from: int | None


@dataclass(frozen=True)
class Scope:
    reciprocal_share: Decimal
    s122_share: Decimal
    nonmetal_share: Decimal


@dataclass(frozen=True)
class Rate:
    base: Decimal
    s232: Decimal
    reciprocal: Decimal
    s122: Decimal
    total: Decimal


@dataclass(frozen=True)
class Clock:
    """What is asked of the SQL: every day as known on every other."""

    regimes: tuple[Regime, ...]
    scope: Scope
    metal_share: Decimal | None


BASE = Regime("base", "BASE", "WLD", "all", Decimal("2.5"), "add_on", 0, 0, None, None)
rates = st.integers(0, 100).map(lambda half: Decimal(half) / 2)
shares = st.sampled_from([Decimal(text) for text in ("0", "0.25", "0.6", "1")])
flags = st.sampled_from([Decimal(0), Decimal(1)])
days = st.sampled_from(DAYS)


@st.composite
def regimes(draw: st.DrawFn) -> tuple[Regime, ...]:
    found = [replace(BASE, rate=draw(rates))]
    for number in range(draw(st.integers(0, 6))):
        authority = draw(st.sampled_from(list(AUTHORITIES)))
        legal_from = draw(st.none() | days)
        legal_to = draw(st.none() | st.integers(legal_from + 1, 9)) if legal_from is not None else None
        found.append(
            Regime(
                regime_id=f"regime_{number}",
                authority=authority,
                exporter=draw(st.sampled_from(["KOR", "WLD"])),
                scope=draw(st.sampled_from(["goods", "all"])),
                rate=draw(rates),
                rate_type=draw(st.sampled_from(AUTHORITIES[authority])) if legal_from is not None else "announced_only",
                known_from=draw(days),
                legal_from=legal_from,
                legal_to=legal_to,
                legal_to_known_from=draw(days) if legal_to is not None else None,
            )
        )
    return tuple(found)


clocks = st.builds(Clock, regimes(), st.builds(Scope, flags, flags, shares), st.none() | shares)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            "create table regimes (regime_id varchar, authority_code varchar, importer_iso3 varchar,"
            " exporter_iso3 varchar, scope_code varchar, regime_rate_pct decimal(9, 4), rate_type varchar,"
            " known_from_date date, legal_from_date date, legal_to_date date, legal_to_known_from_date date,"
            " planned_from_date date, voided_on_date date, is_unverified boolean, conflict_group varchar,"
            " checked_through_date date);"
            "create table scopes (scope_code varchar, reciprocal_share decimal(9, 4), s122_share decimal(9, 4), "
            "nonmetal_share decimal(9, 4), listed_from_date date, is_unverified boolean);"
            "create table questions (importer_iso3 varchar, exporter_iso3 varchar, scope_code varchar, rate_date date, "
            "known_on_date date, metal_share decimal(9, 4))"
        )
        yield connection


@pytest.fixture(scope="module")
def query() -> str:
    text = (PROJECT / "dbt_project" / "macros" / "tariff_rates.sql").read_text(encoding="utf-8")
    module = jinja2.Environment(autoescape=False).from_string(text).module  # noqa: S701
    sql = str(module.tariff_rates("questions", "regimes", "scopes"))  # type: ignore[attr-defined]
    columns = "rate_date, known_on_date, base_pct, s232_pct, reciprocal_pct, s122_pct, rate_pct"
    return f"select {columns} from ({sql}) as rates"


def day(number: int | None) -> date | None:
    return None if number is None else FIRST_DAY + timedelta(number)


def answers(database: duckdb.DuckDBPyConnection, query: str, clock: Clock) -> dict[tuple[int, int], Rate]:
    database.execute("delete from regimes; delete from scopes; delete from questions")
    for regime in clock.regimes:
        name, authority, exporter, scope, rate, rate_type, known_from, legal_from, legal_to, end_known = astuple(regime)
        dates = [day(number) for number in (known_from, legal_from, legal_to, end_known)]
        database.execute(
            "insert into regimes values (?, ?, 'USA', ?, ?, ?, ?, ?, ?, ?, ?, null, null, false, null, null)",
            [name, authority, exporter, scope, rate, rate_type, *dates],
        )
    database.execute("insert into scopes values ('goods', ?, ?, ?, ?, false)", [*astuple(clock.scope), FIRST_DAY])
    database.execute(
        "insert into questions select 'USA', 'KOR', 'goods', ?::date + asked.d::integer, ?::date + known.d::integer, ? "
        "from range(8) as asked(d), range(8) as known(d)",
        [FIRST_DAY, FIRST_DAY, clock.metal_share],
    )
    rows = database.execute(query).fetchall()
    return {((asked - FIRST_DAY).days, (known - FIRST_DAY).days): Rate(*parts) for asked, known, *parts in rows}


def in_force(clock: Clock, authority: str, asked: int, known: int) -> Regime | None:
    """The same rule in other words: of those that apply as far as was known, the most particular, then the latest."""

    def applies(regime: Regime) -> bool:
        if regime.authority != authority or regime.legal_from is None or regime.known_from > known:
            return False
        end_is_known = regime.legal_to_known_from is not None and regime.legal_to_known_from <= known
        end = regime.legal_to if end_is_known else None
        return regime.legal_from <= asked and (end is None or asked < end)

    found = [regime for regime in clock.regimes if applies(regime)]
    found.sort(key=lambda regime: regime.regime_id)
    found.sort(
        key=lambda regime: (regime.exporter != "WLD", regime.scope != "all", regime.legal_from, regime.known_from),
        reverse=True,
    )
    return found[0] if found else None


def expected(clock: Clock, asked: int, known: int) -> Rate | None:
    base, s232, reciprocal, s122 = (in_force(clock, authority, asked, known) for authority in AUTHORITIES)
    if base is None:
        return None
    metal = 1 - clock.scope.nonmetal_share if clock.metal_share is None else clock.metal_share
    free = Decimal(1)
    on_top = Decimal(0)
    if s232 is not None and s232.rate_type != "exempt":
        charged = metal if s232.rate_type == "add_on_metal_share" else Decimal(1)
        total = s232.rate_type.startswith("all_in")
        on_top = max(s232.rate - base.rate, Decimal(0)) if total else s232.rate * charged
        free = 1 - charged
    general = Decimal(0)
    if reciprocal is not None:
        total = reciprocal.rate_type == "all_in_floor"
        general = max(reciprocal.rate - base.rate, Decimal(0)) if total else reciprocal.rate
    general *= clock.scope.reciprocal_share * free
    balance = s122.rate * clock.scope.s122_share * free if s122 is not None else Decimal(0)
    return Rate(base.rate, on_top, general, balance, base.rate + on_top + general + balance)


@settings(max_examples=40, deadline=None)
@given(clock=clocks)
def test_every_day_as_known_on_every_other_has_the_rate_that_the_rules_say(
    database: duckdb.DuckDBPyConnection, query: str, clock: Clock
) -> None:
    found = answers(database, query, clock)
    said = {(asked, known): expected(clock, asked, known) for asked in DAYS for known in DAYS}
    assert found == {key: rate for key, rate in said.items() if rate is not None}
    for (asked, known), rate in found.items():
        assert min(astuple(rate)) >= 0
        deal = in_force(clock, "S232", asked, known)
        if deal is not None and deal.rate_type in ("all_in_floor", "all_in_cap"):
            assert rate.total == max(rate.base, deal.rate)


@settings(max_examples=20, deadline=None)
@given(clock=clocks, known=st.sampled_from(DAYS))
def test_what_becomes_known_later_changes_no_earlier_answer(
    database: duckdb.DuckDBPyConnection, query: str, clock: Clock, known: int
) -> None:
    def kept(found: dict[tuple[int, int], Rate]) -> dict[tuple[int, int], Rate]:
        return {key: rate for key, rate in found.items() if key[1] <= known}

    then = replace(clock, regimes=tuple(regime for regime in clock.regimes if regime.known_from <= known))
    assert kept(answers(database, query, clock)) == kept(answers(database, query, then))


def test_a_rate_set_backwards_is_one_rate_when_it_was_not_known_and_another_after(
    database: duckdb.DuckDBPyConnection, query: str
) -> None:
    before = Regime("before", "S232", "KOR", "goods", Decimal(25), "add_on", 0, 0, 2, 5)
    deal = Regime("deal", "S232", "KOR", "goods", Decimal(15), "all_in_floor", 5, 2, None, None)
    scope = Scope(Decimal(0), Decimal(0), Decimal(0))
    found = answers(database, query, Clock((BASE, before, deal), scope, None))
    assert [found[3, known].total for known in (3, 4, 5)] == [Decimal("27.5"), Decimal("27.5"), Decimal(15)]
    assert found[1, 5].total == Decimal("27.5")
