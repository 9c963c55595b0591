"""Two printings of the same months, fetched over the wire months apart: what was known when, and how far it moved."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from . import kcs
from .building import asked_of, modelled
from .fetching import Desk
from .server import Answer, Asked, serving

TABLE = "kcs/country_totals"
FIRST_PRINTED = datetime(2026, 1, 16, 3, 0, tzinfo=UTC)
PRINTED_AGAIN = datetime(2026, 3, 16, 3, 0, tzinfo=UTC)
A_YEAR = {"first": date(2025, 1, 1), "last": date(2025, 12, 1)}
RAISED_BY = 1_200_000


def corrected(asked: Asked) -> Answer:
    """Exports to the United States are higher than was said at first; the total follows."""
    items = kcs.country_items(asked.params["strtYymm"], usa=RAISED_BY)
    return kcs.answer([*items, kcs.total(items)])


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with pytest.MonkeyPatch.context() as patch, serving() as served:
        patch.setenv("ENTREPOT_KCS_KEY", kcs.WORKING_KEY)
        desk = Desk(served, tmp_path_factory.mktemp("revised") / "home")
        served.always(kcs.HOST, kcs.publisher)
        assert desk.fetch(TABLE, now=FIRST_PRINTED, **A_YEAR).outcomes == {"kept": 12}
        served.always(kcs.HOST, corrected)
        assert desk.fetch(TABLE, now=PRINTED_AGAIN, **A_YEAR).outcomes == {"kept": 12}
        modelled(desk.at, "surplus_monthly", "surplus_vintages", "surplus_revisions")
        with asked_of(desk.at) as connection:
            yield connection


def test_each_printing_is_a_vintage_known_from_the_moment_it_was_fetched(today: duckdb.DuckDBPyConnection) -> None:
    vintages = today.execute(
        """
        select vintage_number, change_kind, known_from, known_to, change_usd, is_latest from surplus_vintages
        where partner_iso3 = 'USA' and flow_code = 'export' and period_month = '2025-05-01' order by vintage_number
        """
    ).fetchall()
    first, again = (moment.replace(tzinfo=None) for moment in (FIRST_PRINTED, PRINTED_AGAIN))
    assert vintages == [
        (1, "first", first, again, None, False),
        (2, "revision", again, None, Decimal(RAISED_BY), True),
    ]


def test_what_did_not_change_has_no_second_vintage(today: duckdb.DuckDBPyConnection) -> None:
    changed = today.execute(
        "select distinct partner_iso3, flow_code from surplus_vintages where change_kind = 'revision' order by all"
    ).fetchall()
    assert changed == [("USA", "export"), ("WLD", "export")]


def test_how_far_first_printings_move_is_measured_on_the_world(today: duckdb.DuckDBPyConnection) -> None:
    measured = today.execute(
        """
        select flow_code, months_count, mean_revision_usd, round(mean_absolute_revision_pct, 6) from surplus_revisions
        where horizon_code = 'latest' order by flow_code
        """
    ).fetchall()
    world = sum(int(item["expDlr"]) for item in kcs.country_items("202505"))
    assert measured == [
        ("export", 12, Decimal(RAISED_BY), round(100 * RAISED_BY / world, 6)),
        ("import", 12, Decimal(0), 0),
    ]


@pytest.mark.parametrize(("day", "more"), [("2026-01-16", 0), ("2026-03-15", 0), ("2026-03-16", RAISED_BY)])
def test_a_day_knows_what_had_been_printed_by_its_end(today: duckdb.DuckDBPyConnection, day: str, more: int) -> None:
    asked = "select export_usd from surplus_as_of(cast(? as date)) where partner_iso3 = 'USA' and period_month = '2025-05-01'"
    assert today.execute(asked, [day]).fetchall() == [(Decimal(500_000_000 + more),)]


def test_the_day_before_the_first_printing_knows_nothing(today: duckdb.DuckDBPyConnection) -> None:
    assert today.execute("select count(*) from surplus_as_of(date '2026-01-15')").fetchall() == [(0,)]
