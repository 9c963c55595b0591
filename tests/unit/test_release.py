"""Publishing: what a reader finds in a release, and which releases are kept."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import EntrepotError
from orchestration.publishing import release
from orchestration.publishing.release import Mart, Publication

SURPLUS = Mart("surplus_monthly", ("partner_code", "period_month"))
HEALTH = Mart("data_health", ("source_name", "table_name"))
PUBLICATION = Mart("publication", ("release_id", "mart_name"))
MARTS = (SURPLUS, HEALTH, PUBLICATION)

WAREHOUSE = """
    create schema marts;
    create table marts.surplus_monthly (partner_code varchar, period_month date, balance_usd decimal(20, 2));
    insert into marts.surplus_monthly values
        ('US', date '2025-06-01', 3), (null, date '2025-06-01', 9), ('CN', date '2025-07-01', -1),
        ('US', date '2025-05-01', 2), ('CN', date '2025-06-01', null);
    comment on table marts.surplus_monthly is 'One row per partner and month; it''s FOB less CIF.';
    comment on column marts.surplus_monthly.balance_usd is 'Balance in US dollars; 원천 값은 천 달러.';
    create table marts.data_health (source_name varchar, table_name varchar, failed_test_count bigint);
    insert into marts.data_health values ('kcs', 'country_trade', null), ('census', 'country_trade', 7);
    create table marts.publication (
        release_id varchar, published_at_utc timestamp, code_version varchar, mart_name varchar,
        row_count bigint, tests_passed_count bigint, tests_warned_count bigint
    );
    create macro marts.surplus_as_of(known_on) as table
        select partner_code, balance_usd from marts.surplus_monthly where period_month <= known_on;
    create macro marts.a_surplus_of(partner, known_on) as table
        select balance_usd from marts.surplus_as_of(known_on) where partner_code = partner;
    create macro marts.billions(usd) as usd / 1e9, (usd, digits) as round(usd / 1e9, digits);
    comment on macro table marts.surplus_as_of is 'What was known on a day.';
    comment on macro marts.billions is 'US dollars as billions.';
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    change(path, WAREHOUSE)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving folder with one release, for tests that only read."""
    folder = tmp_path_factory.mktemp("finished")
    change(folder / "warehouse.duckdb", WAREHOUSE)
    publish(folder / "serving", folder / "warehouse.duckdb", failed_tests={"kcs.country_trade": 3, "kcs.other": 1})
    return folder / "serving"


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    return tmp_path / "serving"


def change(database: Path, statements: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(statements)


def publish(
    serving: Path,
    warehouse: Path,
    *marts: Mart,
    keep: int = 5,
    keep_for: timedelta = timedelta(0),
    failed_tests: Mapping[str, int] = release.NO_FAILURES,
    page: Callable[[Path], None] | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Publication:
    return release.publish(
        serving,
        warehouse,
        marts or MARTS,
        fingerprint="0123456789abcdef",
        code_version="1.2.3",
        tests_passed=40,
        tests_warned=2,
        failed_tests=failed_tests,
        page=page,
        keep=keep,
        keep_for=keep_for,
        progress=progress,
    )


def ask(serving: Path, question: str) -> list[Any]:
    with duckdb.connect(str(serving / "current" / "trade.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_release_holds_the_database_a_parquet_file_for_each_mart_and_the_manifest(finished: Path) -> None:
    published = release.releases(finished)[0]
    assert names(finished / "releases") == {
        published.release_id,
        *(
            f"{published.release_id}/{name}"
            for name in (
                "trade.duckdb",
                "manifest.json",
                "parquet",
                "parquet/surplus_monthly.parquet",
                "parquet/data_health.parquet",
                "parquet/publication.parquet",
            )
        ),
    }
    assert published.release_id == f"{published.published_at:%Y%m%dT%H%M%S%fZ}-01234567"
    assert published.marts == {"surplus_monthly": 5, "data_health": 2, "publication": 3}


def test_rows_are_sorted_by_the_grain_with_nulls_last(finished: Path) -> None:
    table = ask(
        finished, "select partner_code, strftime(period_month, '%m'), balance_usd::int from marts.surplus_monthly"
    )
    assert table == [("CN", "06", None), ("CN", "07", -1), ("US", "05", 2), ("US", "06", 3), (None, "06", 9)]
    parquet = finished / "current" / "parquet" / "surplus_monthly.parquet"
    assert ask(finished, f"from '{parquet}'") == ask(finished, "from marts.surplus_monthly")
    assert ask(finished, f"select distinct compression from parquet_metadata('{parquet}')") == [("ZSTD",)]


def test_types_and_comments_are_those_of_the_warehouse(finished: Path) -> None:
    assert ask(finished, "select comment from duckdb_tables() where table_name = 'surplus_monthly'") == [
        ("One row per partner and month; it's FOB less CIF.",)
    ]
    assert ask(
        finished,
        "select column_name, data_type, comment from duckdb_columns() where table_name = 'surplus_monthly'",
    ) == [
        ("partner_code", "VARCHAR", None),
        ("period_month", "DATE", None),
        ("balance_usd", "DECIMAL(20,2)", "Balance in US dollars; 원천 값은 천 달러."),
    ]


def test_a_view_is_published_as_a_table_with_its_comment(serving: Path, warehouse: Path) -> None:
    change(warehouse, "create view marts.partners as select distinct partner_code from warehouse.marts.surplus_monthly")
    change(warehouse, "comment on view marts.partners is 'One row per partner.'")
    publish(serving, warehouse, SURPLUS, Mart("partners", ("partner_code",)))
    assert ask(serving, "select comment from duckdb_tables() where table_name = 'partners'") == [
        ("One row per partner.",)
    ]
    assert ask(serving, "from marts.partners") == [("CN",), ("US",), (None,)]


@pytest.mark.parametrize("schema", ["", "main.", "marts."])
def test_macros_work_with_and_without_their_schema(finished: Path, schema: str) -> None:
    assert ask(finished, f"select balance_usd::int from {schema}surplus_as_of(date '2025-05-31')") == [(2,)]
    assert ask(finished, f"select balance_usd::int from {schema}a_surplus_of('US', date '2025-06-01')") == [(2,), (3,)]
    assert ask(finished, f"select {schema}billions(2.5e9), {schema}billions(2512345678, 2)") == [(2.5, 2.51)]


def test_macros_keep_their_comments_in_both_schemas(finished: Path) -> None:
    assert ask(
        finished,
        """
        select distinct function_name, schema_name, comment
        from duckdb_functions()
        where database_name = 'trade' and comment is not null
        order by all
        """,
    ) == [
        ("billions", "main", "US dollars as billions."),
        ("billions", "marts", "US dollars as billions."),
        ("surplus_as_of", "main", "What was known on a day."),
        ("surplus_as_of", "marts", "What was known on a day."),
    ]


def test_the_declared_types_of_parameters_are_kept(serving: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "typed.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as typed (storage_version 'v1.4.0'); use typed")
        connection.execute("create schema marts; create table marts.days as select date '2025-07-01' as release_date")
        connection.execute("create macro marts.is_after(known_on date) as known_on > date '2025-07-01'")
    publish(serving, warehouse, Mart("days", ("release_date",)))
    assert ask(serving, "select is_after(date '2025-07-08'), marts.is_after(date '2025-06-08')") == [(True, False)]
    for schema in ("main", "marts"):
        with pytest.raises(duckdb.BinderException, match=r"known_on DATE"):
            ask(serving, f"select {schema}.is_after('2025-07-08')")


def test_names_may_be_words_of_sql(serving: Path, warehouse: Path) -> None:
    change(warehouse, 'create table marts."order" as select 1 as "group"')
    change(warehouse, """comment on column marts."order"."group" is 'A word of SQL.'""")
    assert publish(serving, warehouse, SURPLUS, Mart("order", ("group",))).marts == {"surplus_monthly": 5, "order": 1}


@pytest.mark.parametrize("body", ["select * from staging.raw_trade", "select * from warehouse.marts.surplus_monthly"])
def test_a_macro_that_reads_what_is_not_published_is_refused(serving: Path, warehouse: Path, body: str) -> None:
    change(warehouse, "create schema staging; create table staging.raw_trade (a int)")
    change(warehouse, f"create macro marts.leak() as table {body}")
    with pytest.raises(EntrepotError, match=r"marts\.leak cannot be published.*only read marts"):
        publish(serving, warehouse)


def test_the_file_is_of_the_storage_version_that_older_drivers_read(finished: Path) -> None:
    assert ask(finished, "select tags['storage_version'] from duckdb_databases() where database_name = 'trade'") == [
        ("v1.4.0+",)
    ]


def test_the_release_tells_its_own_id_and_counts(finished: Path) -> None:
    published = release.releases(finished)[0]
    same = (published.release_id, published.published_at, "1.2.3")
    assert ask(finished, "from marts.publication") == [
        (*same, "data_health", 2, 40, 2),
        (*same, "publication", 3, 40, 2),
        (*same, "surplus_monthly", 5, 40, 2),
    ]


def test_failed_tests_are_counted_by_source_table(finished: Path) -> None:
    assert ask(finished, "from marts.data_health") == [("census", "country_trade", 0), ("kcs", "country_trade", 3)]


def test_without_failed_tests_every_count_is_zero(serving: Path, warehouse: Path) -> None:
    publish(serving, warehouse)
    assert ask(serving, "select distinct failed_test_count from marts.data_health") == [(0,)]


def test_the_manifest_is_read_back_as_it_was_published(serving: Path, warehouse: Path) -> None:
    assert release.current(serving) is None
    assert release.releases(serving) == []
    first = publish(serving, warehouse)
    assert release.current(serving) == first
    second = publish(serving, warehouse)
    assert second.release_id > first.release_id
    assert release.current(serving) == second
    assert release.releases(serving) == [first, second]
    assert second.checksums.keys() == names(serving / "current") - {"manifest.json", "parquet"}


def test_equal_rows_make_equal_parquet_files(serving: Path, warehouse: Path) -> None:
    first = publish(serving, warehouse, SURPLUS)
    change(
        warehouse, "create or replace table marts.surplus_monthly as from marts.surplus_monthly order by balance_usd"
    )
    second = publish(serving, warehouse, SURPLUS)
    name = "parquet/surplus_monthly.parquet"
    assert first.checksums[name] == second.checksums[name]


@pytest.mark.parametrize("damage", ["", "[]", '{"release_id": "x"}', None])
def test_a_damaged_manifest_is_named_and_a_new_release_mends_it(
    serving: Path, warehouse: Path, damage: str | None
) -> None:
    publish(serving, warehouse)
    manifest = serving / "current" / "manifest.json"
    manifest.unlink()
    if damage is not None:
        manifest.write_text(damage)
    with pytest.raises(EntrepotError, match=r"manifest\.json is missing or damaged.*entrepot build --force"):
        release.current(serving)
    assert publish(serving, warehouse) == release.current(serving)


def test_the_last_releases_are_kept_and_the_served_one_always(serving: Path, warehouse: Path) -> None:
    published = [publish(serving, warehouse, SURPLUS, keep=2) for _ in range(4)]
    assert release.releases(serving) == published[-2:]
    (serving / "current").unlink()
    (serving / "current").symlink_to(Path("releases") / published[2].release_id)
    release._retire(serving, keep=1, keep_for=timedelta(0), now=published[3].published_at)
    assert release.releases(serving) == published[-2:]
    assert release.current(serving) == published[2]
    assert not [name for name in names(serving) if "/." in name or name.startswith(".")]


def test_a_release_stays_for_an_hour_after_it_was_replaced(serving: Path, warehouse: Path) -> None:
    published = [publish(serving, warehouse, SURPLUS, keep=2, keep_for=timedelta(hours=1)) for _ in range(4)]
    assert release.releases(serving) == published


NOON = datetime(2026, 10, 31, 12)  # noqa: DTZ001 - as release ids and manifests: UTC without a zone


@pytest.mark.parametrize(
    ("published", "kept"),
    [
        ([-600, -500, -400, -300, -200, -100, 0], [-400, -300, -200, -100, 0]),
        ([-600, -500, -5, -4, -3, -2, -1, 0], [-500, -5, -4, -3, -2, -1, 0]),  # the second was served until 11:55
        ([-62, -61, -60, -4, -3, -2, -1, 0], [-60, -4, -3, -2, -1, 0]),
        ([0, 100, 200, 300, 400, 500, 600], [0, 100, 200, 300, 400, 500, 600]),  # the clock was set back ten hours
        ([-900, -800, 0, 100, 200, 300, 400, 500], [-800, 0, 100, 200, 300, 400, 500]),
    ],
)
def test_the_last_five_and_the_last_hour_are_kept_by_the_time_of_each_release(
    serving: Path, published: list[int], kept: list[int]
) -> None:
    """Minutes from noon, when the newest release is published."""
    folders = {minute: f"{NOON + timedelta(minutes=minute):{release.ID_TIME}}-01234567" for minute in published}
    for name in folders.values():
        (serving / "releases" / name).mkdir(parents=True)
    (serving / "releases" / "2Z-of-somebody-else").mkdir()
    (serving / "current").symlink_to(Path("releases") / folders[0], target_is_directory=True)
    release._retire(serving, keep=5, keep_for=timedelta(hours=1), now=NOON)
    assert names(serving / "releases") == {folders[minute] for minute in kept} | {"2Z-of-somebody-else"}


def test_the_serving_folder_can_be_moved(serving: Path, warehouse: Path, tmp_path: Path) -> None:
    published = publish(serving, warehouse)
    moved = tmp_path / "elsewhere" / "serving"
    moved.parent.mkdir()
    shutil.move(serving, moved)
    assert release.current(moved) == published
    assert ask(moved, "select count(*) from surplus_as_of(date '2025-07-08')") == [(5,)]


def test_a_mart_that_was_not_built_is_named(serving: Path, warehouse: Path) -> None:
    before = publish(serving, warehouse)
    with pytest.raises(EntrepotError, match=rf"has no marts\.sector_annual\..*{before.release_id} is still served"):
        publish(serving, warehouse, SURPLUS, Mart("sector_annual", ("sector_code",)))
    assert release.releases(serving) == [before]


def test_nothing_is_not_published(serving: Path, warehouse: Path) -> None:
    with pytest.raises(EntrepotError, match="has no marts"):
        release.publish(serving, warehouse, [], fingerprint="0" * 64, code_version="1", tests_passed=0, tests_warned=0)
    assert release.current(serving) is None


def test_a_missing_warehouse_says_how_to_build_it(serving: Path, tmp_path: Path) -> None:
    with pytest.raises(EntrepotError, match=r"Cannot read the warehouse .*entrepot build"):
        publish(serving, tmp_path / "warehouse.duckdb")
    assert names(serving) == {"releases"}


def test_a_warehouse_that_is_still_open_for_writing_is_said_to_be(serving: Path, warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)), pytest.raises(EntrepotError, match="close the program that has it open"):
        publish(serving, warehouse)


def test_a_file_that_lost_rows_is_not_served(serving: Path, warehouse: Path) -> None:
    before = publish(serving, warehouse)

    def lose_rows(step: str) -> None:
        if step == "checking the release":
            (hidden,) = (serving / "releases").glob(".tmp-*")
            change(hidden / "trade.duckdb", "delete from marts.surplus_monthly where partner_code = 'US'")

    with pytest.raises(EntrepotError, match=rf"surplus_monthly 3/5.*{before.release_id} is still served"):
        publish(serving, warehouse, progress=lose_rows)
    assert release.releases(serving) == [before]


def test_a_file_that_was_not_closed_is_not_served(serving: Path, warehouse: Path) -> None:
    def leave_a_log(step: str) -> None:
        if step == "checking the release":
            (hidden,) = (serving / "releases").glob(".tmp-*")
            (hidden / "trade.duckdb.wal").touch()

    with pytest.raises(EntrepotError, match="not closed properly"):
        publish(serving, warehouse, progress=leave_a_log)
    assert names(serving) == {"releases"}


def test_the_manifest_is_readable_by_people(finished: Path) -> None:
    published = release.releases(finished)[0]
    text = (finished / "current" / "manifest.json").read_text()
    assert f'\n  "release_id": "{published.release_id}",\n' in text
    assert json.loads(text)["published_at"] == published.published_at.isoformat()


def test_the_page_is_drawn_before_the_release_is_sealed(serving: Path, warehouse: Path) -> None:
    def draw(folder: Path) -> None:
        with duckdb.connect(str(folder / "trade.duckdb"), read_only=True) as database:
            (count,) = database.execute("select count(*) from marts.surplus_monthly").fetchall()[0]
        (folder / "site").mkdir()
        (folder / "site" / "index.html").write_text(f"{count} rows", encoding="utf-8")

    published = publish(serving, warehouse, page=draw)
    assert (serving / "current" / "site" / "index.html").read_text(encoding="utf-8") == "5 rows"
    assert published.checksums["site/index.html"] == hashlib.sha256(b"5 rows").hexdigest()


def test_a_release_whose_page_fails_is_not_published(serving: Path, warehouse: Path) -> None:
    first = publish(serving, warehouse)

    def stumble(folder: Path) -> None:
        raise KeyError("balance_usd")

    with pytest.raises(
        EntrepotError, match=f"The page cannot be drawn .KeyError: 'balance_usd'.*{first.release_id} is still served"
    ):
        publish(serving, warehouse, page=stumble)
    assert release.current(serving) == first
    assert [path.name for path in (serving / "releases").iterdir()] == [first.release_id]
