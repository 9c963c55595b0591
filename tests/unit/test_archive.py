"""The bundled releases are the files their listing names, and nothing else."""

import csv
import hashlib
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.archive import bundled
from orchestration.errors import EntrepotError
from orchestration.landing import land, releases
from orchestration.settings import PROJECT
from orchestration.source import RawTable, Source, discover

ARCHIVE = PROJECT / "seeds" / "archive"
MEGABYTE = 1_000_000
NOT_BUNDLED = {
    "baci.flows",
    "census.chapter_exports",
    "census.duty_collected",
    "census.subheading_exports",
    "census.subheading_imports",
    "comtrade.annual_products",
    "comtrade.monthly_products",
    "comtrade.monthly_trade",
    "ecos.observations",
    "fred.vintages",
    "gdelt.articles",
    "inbox.assets",
    "inbox.claims",
    "inbox.files",
    "inbox.headlines",
    "inbox.prices",
    "inbox.trade",
    "kcs.flash_partner_exports",
    "kcs.flash_partner_imports",
    "kcs.flash_product_exports",
    "kcs.flash_product_imports",
    "kcs.hs_codes",
    "kcs.item_trade",
    "kcs.national_trade",
    "rss.items",
    "yahoo.quotes",
}
# A source of which nothing is bundled has no folder here.
SOURCES = [
    found.name for found in discover() if any(f"{found.name}.{table.name}" not in NOT_BUNDLED for table in found.tables)
]
TABLES = [pytest.param(found, table, id=f"{found.name}.{table.name}") for found in discover() for table in found.tables]


def entries(source: str) -> list[dict[str, str]]:
    with (ARCHIVE / source / "releases.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def small_archive(folder: Path) -> Path:
    """An archive of two releases of one table; the younger is listed first. Returns the folder of its files."""
    files = folder / "kcs"
    files.mkdir()
    header = (
        "table,file,url,published_from,published_to,period_from,period_to,"
        "settled_through,settled_status,open_status,basis,sha256\n"
    )
    lines = []
    for year in (2025, 2024):
        path = files / f"totals_{year}.parquet"
        pq.write_table(pa.table({"year": [f"{year}.01"], "expDlr": [" 1,000"]}), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(
            f"totals,{path.name},https://example.org/,{year}-06-11,{year}-06-20,2000-01-01,{year}-05-01,"
            f'{year - 1}-12-01,final,preliminary,"told, not guessed",{digest}\n'
        )
    (files / "releases.csv").write_text(header + "".join(lines), encoding="utf-8")
    return files


@pytest.mark.parametrize(("source", "table"), TABLES)
def test_every_bundled_release_is_the_file_its_listing_names(source: Source, table: RawTable) -> None:
    listed = [entry for entry in entries(source.name) if entry["table"] == table.name] if source.name in SOURCES else []
    found = list(bundled(ARCHIVE, source.name, table.name))
    assert len(found) == len(listed)
    assert bool(found) != (f"{source.name}.{table.name}" in NOT_BUNDLED)
    for release, rows in found:
        assert (release.source, release.table) == (source.name, table.name)
        assert release.url.startswith("https://")
        assert release.basis
        assert rows.num_rows > 0
        assert set(rows.schema.types) == {pa.string()}
        assert set(table.columns) <= set(rows.column_names)


@pytest.mark.parametrize(("source", "table"), TABLES)
def test_the_dates_of_a_bundled_release_follow_one_another(source: Source, table: RawTable) -> None:
    for release, _ in bundled(ARCHIVE, source.name, table.name):
        assert release.published_from is not None
        assert release.published_to is not None
        assert release.period_from <= release.settled_through <= release.period_to
        assert release.period_to < release.published_from <= release.published_to
        assert all(day.day == 1 for day in (release.period_from, release.period_to, release.settled_through))


@pytest.mark.parametrize("source", SOURCES)
def test_the_listing_and_the_folder_name_the_same_files(source: str) -> None:
    listed = [entry["file"] for entry in entries(source)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {path.name for path in (ARCHIVE / source).rglob("*") if path.name != "releases.csv"}


@pytest.mark.parametrize("source", SOURCES)
def test_every_bundled_file_is_told_of_in_the_provenance(source: str) -> None:
    provenance = (ARCHIVE / "PROVENANCE.md").read_text(encoding="utf-8")
    for entry in entries(source):
        assert f"`{source}/{Path(entry['file']).stem}`" in provenance


@pytest.mark.parametrize("source", SOURCES)
def test_the_listing_names_only_tables_of_the_source(source: str) -> None:
    tables = {table.name for found in discover() if found.name == source for table in found.tables}
    assert {entry["table"] for entry in entries(source)} <= tables


def test_the_bundled_releases_stay_small_enough_to_clone() -> None:
    sizes = {
        entry["table"]: (ARCHIVE / source / entry["file"]).stat().st_size
        for source in SOURCES
        for entry in entries(source)
    }
    files = [ARCHIVE / source / entry["file"] for source in SOURCES for entry in entries(source)]
    assert sum(size for table, size in sizes.items() if table.startswith(("country_", "national_"))) < 4 * MEGABYTE
    assert sum(path.stat().st_size for path in files) < 12 * MEGABYTE
    assert max(sizes.values()) < 5 * MEGABYTE


def test_releases_are_handed_over_oldest_first_with_their_own_text(tmp_path: Path) -> None:
    small_archive(tmp_path)
    found = list(bundled(tmp_path, "kcs", "totals"))
    assert [release.published_to for release, _ in found] == [date(2024, 6, 20), date(2025, 6, 20)]
    assert found[0][0].basis == "told, not guessed"
    assert found[0][1].to_pydict() == {"year": ["2024.01"], "expDlr": [" 1,000"]}


def test_landing_the_archive_twice_adds_nothing(tmp_path: Path) -> None:
    small_archive(tmp_path)
    landing = tmp_path / "landing"
    for expected in (True, False):
        assert [land(landing, *found)[1] for found in bundled(tmp_path, "kcs", "totals")] == [expected] * 2
    assert len(releases(landing, "kcs", "totals")) == 2


def test_a_source_or_table_without_bundled_releases_has_none(tmp_path: Path) -> None:
    small_archive(tmp_path)
    assert list(bundled(tmp_path, "census", "totals")) == []
    assert list(bundled(tmp_path, "kcs", "another")) == []


def test_a_file_that_is_not_the_listed_one_is_refused_with_the_way_out(tmp_path: Path) -> None:
    files = small_archive(tmp_path)
    shutil.copy(files / "totals_2025.parquet", files / "totals_2024.parquet")
    with pytest.raises(EntrepotError, match=r"totals_2024\.parquet is not the file that .*releases\.csv.*git checkout"):
        list(bundled(tmp_path, "kcs", "totals"))


def test_a_missing_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    files = small_archive(tmp_path)
    (files / "totals_2025.parquet").unlink()
    with pytest.raises(EntrepotError, match=r"totals_2025\.parquet is missing.*releases\.csv lists it.*git checkout"):
        list(bundled(tmp_path, "kcs", "totals"))
