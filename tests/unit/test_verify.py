"""`entrepot verify` on a small home: what is damaged is named, and what is whole is not."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import inbox, rebuild, verify
from orchestration.errors import EntrepotError
from orchestration.landing import Release, land, read_release
from orchestration.publishing.release import Mart, checksums, publish, read_manifest
from orchestration.settings import Settings
from orchestration.source import RawTable, Source
from orchestration.warehouse import connect, load

MARTS = """
create schema marts;
create table marts.surplus (partner_code varchar, balance_usd bigint);
insert into marts.surplus select 'P' || number, number * 7 from range(5000) as numbers (number);
create table marts.publication (
    release_id varchar, published_at_utc timestamp, code_version varchar, mart_name varchar, row_count bigint,
    tests_passed_count bigint, tests_warned_count bigint
);
"""
TOTALS = Release(
    source="kcs",
    table="country_totals",
    url="https://example.org/totals",
    basis="made by a test",
    period_from=date(2025, 1, 1),
    period_to=date(2025, 2, 1),
    settled_through=date(2024, 12, 1),
    settled_status="final",
    open_status="preliminary",
    published_from=date(2025, 3, 14),
    published_to=date(2025, 3, 15),
)
FEW = settings(max_examples=40, deadline=None)


def rows(count: int) -> pa.Table:
    return pa.table({"year": ["2025.01"] * count, "expDlr": [str(number * 997) for number in range(count)]})


def at(home: Path) -> Settings:
    return Settings(home=home, archive=home / "archive")


def source(name: str, table: str, *columns: str) -> tuple[Source, RawTable]:
    raw = RawTable(table, columns, "One row per month.", "USD", 15)
    return Source(name, "A publisher", "https://example.org/", "free", (raw,)), raw


def draw(folder: Path) -> None:
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("page")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two landing files, one of the archive and one of the inbox, a warehouse that loaded them, and two releases."""
    home = tmp_path_factory.mktemp("home of verify")
    where = at(home)
    archive = where.archive / "kcs"
    archive.mkdir(parents=True)
    pq.write_table(rows(300), archive / "totals.parquet")
    sums = checksums(archive)
    (archive / "releases.csv").write_text(
        "table,file,url,basis,period_from,period_to,settled_through,settled_status,open_status,published_from,"
        "published_to,sha256\ncountry_totals,totals.parquet,https://example.org/totals,made by a test,2025-01-01,"
        f"2025-02-01,2024-12-01,final,preliminary,2025-03-14,2025-03-15,{sums['totals.parquet']}\n"
    )
    land(where.landing, TOTALS, rows(300))
    prices = where.inbox / "prices" / "mine@2025-07-08.csv"
    prices.parent.mkdir(parents=True)
    prices.write_text("asset_code,date,close\n" + "".join(f"gold,2025-07-0{day},{day * 31}.5\n" for day in range(1, 8)))
    inbox.take_in(where)
    load(where.warehouse, where.landing, *source("kcs", "country_totals", "year", "expDlr"))
    load(where.warehouse, where.landing, *source("inbox", "prices", "asset_code"))
    with duckdb.connect(str(where.warehouse)) as database:
        database.execute(MARTS)
    for fingerprint in ("0123456789abcdef", "fedcba9876543210"):
        publish(
            where.serving,
            where.warehouse,
            [Mart("surplus", ("partner_code",)), Mart("publication", ("mart_name",))],
            fingerprint=fingerprint,
            code_version="1.2.3",
            tests_passed=40,
            tests_warned=2,
            page=draw,
        )
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "home", symlinks=True)


def found(home: Path) -> list[verify.Finding]:
    return verify.read(verify.parts(at(home)))


def only(home: Path) -> verify.Finding:
    (finding,) = found(home)
    return finding


def totals(home: Path) -> Path:
    (path,) = home.glob("landing/kcs/country_totals/*.parquet")
    return path


def prices(home: Path) -> Path:
    (path,) = home.glob("landing/inbox/prices/*.parquet")
    return path


def served(home: Path) -> Path:
    return (home / "serving" / "current").resolve()


def before(home: Path) -> Path:
    (path,) = set((home / "serving" / "releases").iterdir()) - {served(home)}
    return path


def flipped(content: bytes, place: float) -> bytes:
    """The content with one bit turned; `place` is a share of its length."""
    bit = min(int(place * len(content) * 8), len(content) * 8 - 1)
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def flip(path: Path, place: float = 0.02) -> None:
    path.write_bytes(flipped(path.read_bytes(), place))


def names(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def test_a_whole_home_has_no_finding_and_nothing_of_it_is_touched(home: Path) -> None:
    earlier = names(home)
    assert found(home) == []
    assert names(home) == earlier


def test_every_area_is_read(home: Path) -> None:
    counts = [(part.area, part.what) for part in verify.parts(at(home))]
    assert [area for area, _ in counts if area != "warehouse"] == [
        *("archive", "landing", "landing", "release", "release", "link")
    ]
    assert {what for area, what in counts if area == "warehouse"} == {
        *("entrepot.raw_tables", "entrepot.releases", "inbox.prices", "kcs.country_totals"),
        *("marts.publication", "marts.surplus", "rows of each release"),
    }


def test_an_empty_home_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(EntrepotError, match=r"There is nothing in .*entrepot build"):
        verify.parts(at(tmp_path))


@pytest.mark.parametrize(
    "damage",
    [
        flip,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        Path.unlink,
    ],
    ids=["flipped", "cut short", "empty", "deleted"],
)
@pytest.mark.parametrize(
    ("which", "remedy"),
    [(totals, "`entrepot build` restores it from seeds/archive"), (prices, "Bring the file again")],
)
def test_a_landing_file_that_is_not_whole_is_named_with_the_way_back(
    home: Path, damage: Callable[[Path], Any], which: Callable[[Path], Path], remedy: str
) -> None:
    path = which(home)
    damage(path)
    finding = only(home)
    assert (finding.area, finding.what) == ("landing", path.relative_to(home / "landing").as_posix())
    assert remedy in finding.remedy


def test_a_fetched_landing_file_is_fetched_again(home: Path) -> None:
    fetched, _ = land(home / "landing", replace(TOTALS, published_to=date(2025, 4, 15)), rows(5))
    flip(fetched.path(home / "landing"), 0.02)
    assert "`entrepot fetch kcs/country_totals --from 2025-01 --to 2025-02 --again`" in only(home).remedy


def test_what_no_one_prints_any_more_comes_back_by_a_copy_only(home: Path) -> None:
    unknown, _ = land(home / "landing", replace(TOTALS, source="nobody"), rows(5))
    unknown.path(home / "landing").write_bytes(b"PAR1")
    assert only(home).remedy == "Move it away. Only a copy of yours can bring it back."


def test_a_footer_that_says_something_else_than_the_ledger_is_found(home: Path) -> None:
    path = totals(home)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"https://example.org/totals", b"https://example.org/totalz"))
    assert only(home).state == "its footer and the ledger differ in url"


def test_rows_that_were_exchanged_under_a_whole_footer_are_found(home: Path) -> None:
    path = totals(home)
    metadata = pq.read_schema(path).metadata
    pq.write_table(rows(300).slice(1).replace_schema_metadata(metadata), path)
    assert only(home).state == "its rows are not those that its footer sums up"


def test_a_renamed_landing_file_is_found_as_well_as_the_missing_one(home: Path) -> None:
    path = totals(home)
    path.rename(path.with_name("copy.parquet"))
    states = {finding.what.split("/")[-1]: finding.state for finding in found(home)}
    assert states == {
        path.name: "missing; the warehouse has its rows",
        "copy.parquet": "its name is not the one that its footer gives",
    }


@pytest.mark.parametrize("which", [totals, prices])
@given(place=st.floats(0, 1))
@FEW
def test_a_turned_bit_of_a_landing_file_is_found_or_changes_nothing_that_is_read(
    made: Path, tmp_path_factory: pytest.TempPathFactory, which: Callable[[Path], Path], place: float
) -> None:
    path = which(made)
    landing = tmp_path_factory.mktemp("landing") / "landing"
    turned = landing / path.relative_to(made / "landing")
    turned.parent.mkdir(parents=True)
    turned.write_bytes(flipped(path.read_bytes(), place))
    where = Settings(home=landing.parent, archive=made / "archive")
    ledger = verify._ledger(made / "warehouse.duckdb")
    if not list(verify._landed(where, turned.relative_to(landing).as_posix(), ledger)):
        assert read_release(turned) == read_release(path)
        assert pq.read_table(turned).equals(pq.read_table(path))


@given(place=st.floats(0, 1))
@FEW
def test_a_turned_bit_of_the_warehouse_is_found_or_changes_nothing_that_is_read(
    made: Path, tmp_path_factory: pytest.TempPathFactory, place: float
) -> None:
    home = tmp_path_factory.mktemp("warehouse")
    shutil.copytree(made / "serving", home / "serving", symlinks=True)
    (home / "warehouse.duckdb").write_bytes(flipped((made / "warehouse.duckdb").read_bytes(), place))
    if not [finding for finding in found(home) if finding.area == "warehouse"]:
        assert held(home / "warehouse.duckdb") == held(made / "warehouse.duckdb")


def held(warehouse: Path) -> dict[str, list[Any]]:
    with duckdb.connect(str(warehouse), read_only=True) as database:
        tables = database.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        return {name: database.execute(f"from {name} order by all").fetchall() for (name,) in tables}


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "cannot be read"),
        (lambda path: path.write_bytes(b"nothing of the kind" * 1000), "cannot be read"),
        (Path.unlink, "missing"),
    ],
    ids=["cut short", "overwritten", "deleted"],
)
def test_a_warehouse_that_cannot_be_opened_is_named_once(home: Path, damage: Callable[[Path], Any], state: str) -> None:
    damage(home / "warehouse.duckdb")
    finding = only(home)
    assert (finding.area, finding.what) == ("warehouse", "warehouse.duckdb")
    assert finding.state.startswith(state)
    assert "`entrepot build --from-landing` builds it again from the landing files" in finding.remedy


def test_a_run_that_meets_a_damaged_warehouse_says_how_it_is_built_again(home: Path) -> None:
    path = home / "warehouse.duckdb"
    path.write_bytes(path.read_bytes()[:5000])
    with (
        pytest.raises(EntrepotError, match=r"Cannot open .*Nothing was changed.*build --from-landing"),
        connect(path),
    ):
        pass


def test_a_damaged_block_of_the_warehouse_names_the_table(home: Path) -> None:
    path = home / "warehouse.duckdb"
    content = path.read_bytes()
    place = content.index(b"P1234") if b"P1234" in content else content.index(b"gold")
    path.write_bytes(content[:place] + b"Q" + content[place + 1 :])
    findings = found(home)
    assert findings
    assert {finding.area for finding in findings} == {"warehouse"}
    assert all("heck" in finding.state and "sum" in finding.state for finding in findings), findings


def test_a_raw_table_that_lost_a_row_is_named(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as database:
        database.execute("delete from kcs.country_totals where _row_number = 7")
    finding = only(home)
    assert (finding.area, finding.what) == ("warehouse", "rows of each release")
    assert finding.state.startswith(
        "kcs.country_totals does not hold the rows that the ledger counts of kcs/country_totals/"
    )


def contents(home: Path) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_warehouse_is_set_aside_with_its_log_and_loads_again_from_landing_as_it_was(home: Path) -> None:
    where, raw = at(home), (source("kcs", "country_totals", "year", "expDlr"), source("inbox", "prices", "asset_code"))
    log = home / "warehouse.duckdb.wal"
    log.write_bytes(b"a log")
    before = held(made_of(home))
    aside = rebuild.set_aside(where)
    assert aside is not None
    assert not where.warehouse.exists()
    assert not log.exists()
    assert aside.with_name(f"{aside.name}.wal").read_bytes() == b"a log"
    for one in raw:
        load(where.warehouse, where.landing, *one)
    again = held(where.warehouse)
    for name in ("kcs.country_totals", "inbox.prices"):
        assert again[name] == before[name]
    rebuild.forget(where)
    assert not [path for path in home.iterdir() if "set-aside" in path.name]


def made_of(home: Path) -> Path:
    """A copy of its warehouse, without the log beside it."""
    return Path(shutil.copyfile(home / "warehouse.duckdb", home.parent / "warehouse before.duckdb"))


def test_what_a_killed_rebuild_began_is_thrown_away_and_the_warehouse_it_set_aside_stays(home: Path) -> None:
    whole = (home / "warehouse.duckdb").read_bytes()
    rebuild.set_aside(at(home))
    (home / "warehouse.duckdb").write_bytes(b"half")
    aside = rebuild.set_aside(at(home))
    assert aside is not None
    assert aside.read_bytes() == whole
    assert not (home / "warehouse.duckdb").exists()


def test_a_warehouse_stays_where_a_landing_file_is_damaged(home: Path) -> None:
    flip(prices(home))
    before = contents(home)
    with pytest.raises(EntrepotError, match=r"inbox/prices/.*its rows cannot be read.*Nothing was changed"):
        rebuild.set_aside(at(home))
    assert contents(home) == before


def test_a_warehouse_stays_where_only_it_holds_the_rows_of_a_release(home: Path) -> None:
    prices(home).unlink()
    with pytest.raises(EntrepotError, match=r"inbox/prices/.*missing; the warehouse has its rows"):
        rebuild.set_aside(at(home))
    assert (home / "warehouse.duckdb").exists()


def test_a_landing_file_of_the_archive_comes_back_before_the_warehouse_is_set_aside(home: Path) -> None:
    gone = totals(home)
    whole = pq.read_table(gone)
    gone.unlink()
    assert rebuild.set_aside(at(home)) is not None
    assert pq.read_table(gone).equals(whole)


def test_a_home_without_a_warehouse_has_none_to_set_aside(home: Path) -> None:
    (home / "warehouse.duckdb").unlink()
    assert rebuild.set_aside(at(home)) is None


def test_a_damaged_warehouse_is_set_aside_all_the_same(home: Path) -> None:
    (home / "warehouse.duckdb").write_bytes(b"nothing of the kind" * 1000)
    assert rebuild.set_aside(at(home)) is not None


def test_large_sorts_of_a_killed_run_are_removed_by_the_next_one(home: Path) -> None:
    spilled = home / "warehouse.duckdb.tmp" / "duckdb_temp_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir()
    spilled.write_bytes(b"spilled")
    with connect(home / "warehouse.duckdb"):
        pass
    assert not spilled.parent.exists()


@pytest.mark.parametrize("file", ["trade.duckdb", "parquet/surplus.parquet", "site/index.html"])
@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (flip, "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is damaged"),
        (Path.unlink, "is missing"),
    ],
    ids=["flipped", "cut short", "deleted"],
)
def test_a_file_of_the_served_release_that_is_not_whole_is_named(
    home: Path, file: str, damage: Callable[[Path], Any], state: str
) -> None:
    damage(served(home) / file)
    finding = only(home)
    assert (finding.area, finding.what, finding.state) == ("release", served(home).name, f"{file} {state}")
    assert "`entrepot build --force` serves a new one" in finding.remedy
    assert f"ln -sfn releases/{before(home).name}" in finding.remedy


def test_an_older_release_that_is_damaged_may_be_removed(home: Path) -> None:
    flip(before(home) / "trade.duckdb")
    finding = only(home)
    assert (finding.what, finding.remedy) == (before(home).name, "It is not served: remove its folder.")


def test_a_file_that_no_release_wrote_is_named(home: Path) -> None:
    (served(home) / "site" / "notes.txt").write_text("mine")
    assert only(home).state == "site/notes.txt does not belong to it"


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"release_id": "x"}', None])
def test_a_manifest_that_cannot_be_read_is_named(home: Path, damage: str | None) -> None:
    manifest = served(home) / "manifest.json"
    manifest.unlink()
    if damage is not None:
        manifest.write_text(damage)
    assert only(home).state == "manifest.json cannot be read"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"tests_passed": 41}, "manifest.json and trade.duckdb differ"),
        (
            {"marts": {"surplus": 5001, "publication": 2}},
            "manifest.json and trade.duckdb differ",
        ),
        ({"grains": {"surplus": ["partner_cide"]}}, "manifest.json and trade.duckdb differ"),
        ({"fingerprint": "eeeeeeeeeeeeeeee"}, "manifest.json names another release"),
        ({"marts": 7}, "cannot be read (AttributeError)"),
    ],
)
def test_a_manifest_that_does_not_fit_its_release_is_named(home: Path, change: dict[str, Any], state: str) -> None:
    manifest = served(home) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    assert only(home).state == state


@given(place=st.floats(0, 1))
@FEW
def test_a_turned_bit_of_a_manifest_is_found_or_changes_nothing_but_the_rest_of_the_fingerprint(
    made: Path, place: float
) -> None:
    folder = served(made)
    whole = read_manifest(folder)
    manifest = folder / "manifest.json"
    content = manifest.read_bytes()
    try:
        manifest.write_bytes(flipped(content, place))
        if not list(verify._release(at(made), folder)):
            assert replace(read_manifest(folder), fingerprint=whole.fingerprint) == whole
    finally:
        manifest.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (lambda link: None, "missing, though there are releases"),
        (
            lambda link: link.symlink_to("releases/20200101T000000000000Z-00000000"),
            "points to releases/2020.*not a release",
        ),
        (lambda link: link.symlink_to("releases"), "points to releases, which is not a release"),
        (lambda link: link.mkdir(), "not a link"),
    ],
    ids=["missing", "dangling", "elsewhere", "a folder"],
)
def test_a_link_that_leads_to_no_release_is_named(home: Path, damage: Callable[[Path], Any], state: str) -> None:
    link = home / "serving" / "current"
    link.unlink()
    damage(link)
    finding = only(home)
    assert (finding.area, finding.what) == ("link", "serving/current")
    assert re.match(state, finding.state)


def test_a_file_of_the_archive_that_changed_is_named(home: Path) -> None:
    flip(home / "archive" / "kcs" / "totals.parquet")
    finding = only(home)
    assert (finding.area, finding.what) == ("archive", "kcs/releases.csv")
    assert finding.state.startswith("totals.parquet is missing, or not the file")


def test_a_warehouse_that_a_build_holds_is_not_called_damaged(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(*arguments: Any, **options: Any) -> Any:
        raise duckdb.IOException('IO Error: Could not set lock on file "warehouse.duckdb": Conflicting lock is held')

    held_parts = verify.parts(at(home))
    monkeypatch.setattr(duckdb, "connect", held)
    states = {finding.state for finding in verify.read([part for part in held_parts if part.area == "warehouse"])}
    assert states == {"not read: another program holds it"}
