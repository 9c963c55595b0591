"""The policy clock in the published file: macros survive publishing, rates differ by the day of asking, figures come out."""

from decimal import Decimal

import duckdb
import pytest


def rate(published: duckdb.DuckDBPyConnection, scope: str, *days: object) -> Decimal:
    """The rate on goods from Korea; a third argument is the metal share."""
    places = ", ".join("?" for _ in days)
    found = published.execute(
        f"select rate_pct from tariff_as_of({places}) where importer_iso3 = 'USA' and exporter_iso3 = 'KOR' and scope_code = ?",
        [*days, scope],
    ).fetchall()
    assert len(found) == 1
    return Decimal(found[0][0])


@pytest.mark.parametrize(("known_on", "expected"), [("2025-11-20", 25), ("2025-12-03", 25), ("2025-12-04", 15)])
def test_a_cars_rate_of_mid_november_depends_on_the_day_of_asking(
    published: duckdb.DuckDBPyConnection, known_on: str, expected: int
) -> None:
    assert rate(published, "autos", "2025-11-15", known_on) == expected


def test_goods_of_40_percent_metal_pay_each_part_its_own(published: duckdb.DuckDBPyConnection) -> None:
    assert rate(published, "metal_derivatives", "2025-08-20", "2026-07-24", 0.4) == 29
    assert rate(published, "metal_derivatives", "2025-08-20", "2026-07-24") == 50


def test_the_25_percent_of_the_letter_of_july_2025_were_never_in_force(published: duckdb.DuckDBPyConnection) -> None:
    letter = published.execute(
        "select was_ever_in_force, legal_from_date from tariff_regimes where regime_id = 'kr_ieepa_letter_25'"
    ).fetchall()
    assert letter == [(False, None)]
    assert rate(published, "non_232", "2025-08-01", "2025-08-01") == 10


@pytest.mark.parametrize(
    ("day", "at_most", "low"),
    [
        ("2024-12-31", 0.09, 0.09),
        ("2025-07-01", 20.62, 17.99),
        ("2025-09-15", 24.43, 20.5),
        ("2026-03-01", 16.63, 14.01),
    ],
)
def test_exposure_on_the_imports_of_2024(
    published: duckdb.DuckDBPyConnection, day: str, at_most: float, low: float
) -> None:
    found = published.execute(
        """
        select round(sum(exposure_usd) / 1e9, 2), round(sum(exposure_low_usd) / 1e9, 2), sum(exposure_share),
            round(sum(base_usd * coverage_share) / 1e9, 2)
        from tariff_exposure
        where scheme_code = 'hs_chapter' and base_code = '2024' and cast(? as date) >= rate_from_date
          and cast(? as date) < rate_to_date
        """,
        [day, day],
    ).fetchall()
    assert found == [(at_most, low, pytest.approx(1, abs=1e-9), 131.55)]


def test_duties_are_declared_and_none_is_made_up(published: duckdb.DuckDBPyConnection) -> None:
    assert published.execute("select count(*) from tariff_collected").fetchall() == [(0,)]
