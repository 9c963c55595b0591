"""Publishing: what a reader finds in a release, and which releases are kept."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
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
    with pytest.raises(
        EntrepotError,
        match=r"marts\.leak cannot be published \(.+\)\. Nothing was published\. It may only read marts, without naming the database\.",
    ):
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
    with pytest.raises(
        EntrepotError,
        match=r"manifest\.json is missing or damaged \(\w+\), so that release cannot be trusted\. Nothing was changed\. Serve a "
        "new release with `entrepot build --force`, then remove the damaged folder; no other is touched",
    ):
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
        (serving / "releases" / name / "trade.duckdb").touch()
    (serving / "releases" / "2Z-of-somebody-else").mkdir()
    (serving / "current").symlink_to(Path("releases") / folders[0], target_is_directory=True)
    release._retire(serving, keep=5, keep_for=timedelta(hours=1), now=NOON)
    found = {path.name for path in (serving / "releases").iterdir()}
    assert found == {folders[minute] for minute in kept} | {"2Z-of-somebody-else"}


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
    with pytest.raises(EntrepotError, match=r"Cannot read the warehouse .* \(IO Error: .*\)\..*entrepot build"):
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
        EntrepotError,
        match=r"The page cannot be drawn \(KeyError: 'balance_usd'\)\. Nothing was published\. The page reads the new marts: "
        f"mend the mart that changed, or `orchestration/publishing/figures`.*{first.release_id} is still served",
    ):
        publish(serving, warehouse, page=stumble)
    assert release.current(serving) == first
    assert [path.name for path in (serving / "releases").iterdir()] == [first.release_id]


def test_each_step_is_told_in_its_order(serving: Path, warehouse: Path) -> None:
    steps = list[str]()
    published = publish(serving, warehouse, SURPLUS, HEALTH, progress=steps.append, page=lambda folder: None)
    assert steps == [
        "copying surplus_monthly",
        "copying data_health",
        "copying the macros",
        "writing surplus_monthly.parquet",
        "writing data_health.parquet",
        "drawing the page",
        "checking the release",
        f"naming release {published.release_id}",
        f"serving release {published.release_id}",
        "removing old releases",
    ]


def test_the_manifest_holds_what_is_documented_and_names_in_any_script(serving: Path, warehouse: Path) -> None:
    change(warehouse, 'create table marts."수출" as select 1 as a')
    published = publish(serving, warehouse, SURPLUS, Mart("수출", ()))
    text = (serving / "current" / "manifest.json").read_bytes().decode()
    assert text.endswith("\n    ]\n  }\n}\n")
    assert '\n    "수출": 1\n' in text
    assert json.loads(text) == {
        "release_id": published.release_id,
        "published_at": published.published_at.isoformat(),
        "fingerprint": "0123456789abcdef",
        "code_version": "1.2.3",
        "tests_passed": 40,
        "tests_warned": 2,
        "marts": {"surplus_monthly": 5, "수출": 1},
        "checksums": {
            path: hashlib.sha256((serving / "current" / path).read_bytes()).hexdigest()
            for path in ("trade.duckdb", "parquet/surplus_monthly.parquet", "parquet/수출.parquet")
        },
        "grains": {"surplus_monthly": ["partner_code", "period_month"]},
    }


def test_a_manifest_of_a_time_before_grains_is_read(serving: Path, warehouse: Path) -> None:
    published = publish(serving, warehouse, SURPLUS)
    manifest = serving / "current" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    del content["grains"]
    manifest.write_text(json.dumps(content), encoding="utf-8")
    assert release.current(serving) == replace(published, grains={})


def test_checksums_begin_with_the_database_and_leave_out_only_the_manifest_of_the_release(tmp_path: Path) -> None:
    for name in ("a.csv", "site/manifest.json", "trade.duckdb", "manifest.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert list(release.checksums(tmp_path).items()) == [
        (name, hashlib.sha256(name.encode()).hexdigest()) for name in ("trade.duckdb", "a.csv", "site/manifest.json")
    ]


def test_a_link_to_a_release_that_is_gone_is_damage_and_not_a_first_time(serving: Path, warehouse: Path) -> None:
    published = publish(serving, warehouse, SURPLUS)
    shutil.rmtree(serving / "releases" / published.release_id)
    with pytest.raises(EntrepotError, match=r"is missing or damaged \(FileNotFoundError\)"):
        release.current(serving)
    assert release.served_id(serving) == published.release_id


def only(serving: Path, *published: Publication) -> bool:
    """Whether just these releases are there, and nothing that is half made."""
    return {path.name for path in (serving / "releases").iterdir()} == {kept.release_id for kept in published} and {
        path.name for path in serving.iterdir()
    } <= {"releases", "current"}


def strike_at(step: str, problem: BaseException) -> Callable[[str], None]:
    def strike(told: str) -> None:
        if told.startswith(step):
            raise problem

    return strike


@pytest.mark.parametrize("step", ["copying", "serving"])
@pytest.mark.parametrize(
    "problem", [OSError("struck\nby lightning"), duckdb.OperationalError("struck\n^"), duckdb.FatalException("struck")]
)
def test_a_disk_that_fails_is_told_in_one_line_with_what_helps(
    serving: Path, warehouse: Path, step: str, problem: Exception
) -> None:
    before = publish(serving, warehouse, SURPLUS)
    with pytest.raises(EntrepotError) as told:
        publish(serving, warehouse, SURPLUS, progress=strike_at(step, problem))
    assert str(told.value) == (
        f"Cannot publish to {serving} (struck). Free some space, mend the folder's rights, or use a file system that has "
        f"symbolic links; then publish again. The previous release {before.release_id} is still served."
    )
    assert told.value.__cause__ is problem
    assert only(serving, before)


@pytest.mark.parametrize("problem", [KeyboardInterrupt("struck"), duckdb.BinderException("struck")])
def test_what_is_nobodys_to_mend_comes_as_it_is_and_leaves_nothing(
    serving: Path, warehouse: Path, problem: BaseException
) -> None:
    with pytest.raises(type(problem)) as told:
        publish(serving, warehouse, SURPLUS, progress=strike_at("serving", problem))
    assert told.value is problem
    assert only(serving)


@pytest.mark.parametrize("problem", [OSError("struck"), EntrepotError("Struck.")])
def test_a_release_that_is_served_stays_whatever_fails_after_it(
    serving: Path, warehouse: Path, problem: Exception
) -> None:
    with pytest.raises(EntrepotError) as told:
        publish(serving, warehouse, SURPLUS, progress=strike_at("removing", problem))
    (served,) = release.releases(serving)
    assert release.current(serving) == served
    assert str(told.value).endswith(
        f"The new release {served.release_id} is whole and served; only what follows was left undone."
    )
    assert ask(serving, "select count(*) from marts.surplus_monthly") == [(5,)]


def test_what_a_dead_run_left_is_gone_before_anything_is_written(serving: Path, warehouse: Path) -> None:
    (serving / "releases" / ".tmp-dead" / "parquet").mkdir(parents=True)
    (serving / ".current-dead").symlink_to("releases/.tmp-dead")
    (serving / ".kept-by-somebody").touch()
    hidden = list[set[str]]()
    publish(
        serving, warehouse, SURPLUS, progress=lambda step: hidden.append({path.name for path in serving.rglob(".*")})
    )
    assert [name for name in hidden[0] if "dead" in name] == []
    assert {name[:5] for name in hidden[0]} == {".tmp-", ".kept"}
    assert hidden[-1] == {".kept-by-somebody"}


def test_a_link_that_cannot_be_put_in_its_place_takes_the_release_back(serving: Path, warehouse: Path) -> None:
    (serving / "current").mkdir(parents=True)
    with pytest.raises(EntrepotError, match=r"Is a directory.*Nothing else was changed\.$"):
        publish(serving, warehouse, SURPLUS)
    assert only(serving)


def test_everything_is_on_the_disk_before_the_link_leads_to_it(
    serving: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fsync` is asked for by handle, so each file and folder is known by its number."""
    flushed = list[int | str]()
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_ino))
    publish(serving, warehouse, SURPLUS, progress=flushed.append)
    naming, linking = (
        next(at for at, found in enumerate(flushed) if str(found).startswith(step)) for step in ("naming", "serving")
    )
    whole = (serving / "current").resolve()
    assert {path.stat().st_ino for path in [whole, *whole.rglob("*")]} <= set(flushed[:naming])
    assert flushed[naming + 1 : linking] == [(serving / "releases").stat().st_ino]
    assert flushed[linking + 1 : -1] == [serving.stat().st_ino]


def test_no_file_stays_open_after_it_was_put_on_the_disk(tmp_path: Path) -> None:
    before = os.open(tmp_path, os.O_RDONLY)
    os.close(before)
    release._flush(tmp_path)
    after = os.open(tmp_path, os.O_RDONLY)
    os.close(after)
    assert after == before


@pytest.mark.parametrize("problem", [OSError("No space left"), EntrepotError("No space left.")])
def test_a_page_that_says_itself_what_to_do_is_told_in_its_own_words(
    serving: Path, warehouse: Path, problem: Exception
) -> None:
    def stumble(folder: Path) -> None:
        raise problem

    with pytest.raises(EntrepotError) as told:
        publish(serving, warehouse, SURPLUS, page=stumble)
    assert "The page cannot be drawn" not in str(told.value)
    assert "No space left" in str(told.value)
    assert only(serving)


def test_each_macro_that_cannot_be_published_is_told_with_its_first_line_and_its_cause(
    serving: Path, warehouse: Path
) -> None:
    change(warehouse, "create table main.private as select 1 as a; create table main.private_too as select 1 as a")
    change(warehouse, "create macro marts.b_leak() as table select * from main.private")
    change(warehouse, "create macro marts.c_leak() as table select * from main.private_too")
    with pytest.raises(EntrepotError) as told:
        publish(serving, warehouse)
    assert str(told.value).startswith("The macro marts.c_leak cannot be published (Catalog Error: Table with name ")
    assert "\n" not in str(told.value)
    assert isinstance(told.value.__cause__, duckdb.CatalogException)


def test_macros_of_other_schemas_and_of_the_warehouse_alone_are_not_published(serving: Path, warehouse: Path) -> None:
    change(warehouse, "create macro main.helper() as 1")
    publish(serving, warehouse)
    assert ask(
        serving,
        "select distinct schema_name, function_name from duckdb_functions() "
        "where database_name = 'trade' and not internal order by all",
    ) == [(schema, name) for schema in ("main", "marts") for name in ("a_surplus_of", "billions", "surplus_as_of")]


def test_names_and_folders_may_hold_quotes(tmp_path: Path) -> None:
    home = tmp_path / "it's"
    home.mkdir()
    warehouse = home / "warehouse.duckdb"
    change(warehouse, """create schema marts; create table marts."a""b" as select 1 as "c""d" """)
    change(
        warehouse,
        """create macro marts."e""f"("g""h") as "g""h" + 1; create macro marts.two("order", other) as other""",
    )
    change(warehouse, """comment on macro marts."e""f" is 'it''s one more'""")
    publish(home / "serving", warehouse, Mart('a"b', ('c"d',)))
    assert ask(home / "serving", """select "c""d", "e""f"(1), two(1, 2) from marts."a""b" """) == [(1, 2, 2)]
    assert (home / "serving" / "current" / "parquet" / 'a"b.parquet').exists()
    assert ask(home / "serving", "select comment from duckdb_functions() where comment like '%one more' limit 1") == [
        ("it's one more",)
    ]


def test_large_sorts_spill_into_the_hidden_folder_and_leave_nothing_there(tmp_path: Path, warehouse: Path) -> None:
    with release._opened(tmp_path, warehouse) as database:
        (spill,) = database.execute("select current_setting('temp_directory')").fetchall()[0]
        assert Path(spill) == tmp_path / "spill"
        Path(spill).mkdir()
    assert not Path(spill).exists()
    with pytest.raises(duckdb.ConnectionException):
        database.execute("select 1")


def test_nothing_is_written_but_into_the_serving_folder(
    serving: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(warehouse.parent)
    publish(serving, warehouse)
    assert {path.name for path in warehouse.parent.iterdir()} == {"serving", "warehouse.duckdb"}


def test_the_warehouse_is_only_read(tmp_path: Path, warehouse: Path) -> None:
    with (
        release._opened(tmp_path, warehouse) as database,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        database.execute("create table warehouse.marts.other (a int)")


def test_marts_that_were_not_built_are_named_in_order_and_once(serving: Path, warehouse: Path) -> None:
    change(warehouse, "create schema staging; create table staging.c as select 1 as a")
    with pytest.raises(EntrepotError) as told:
        publish(serving, warehouse, *(Mart(name, ()) for name in ("c", "b", "a", "b")), SURPLUS)
    assert str(told.value) == (
        f"{warehouse} has no marts.a, marts.b, marts.c. Nothing was published. Build the marts first (`entrepot build`). "
        "Nothing else was changed."
    )


def test_each_mart_that_lost_rows_is_named_and_no_other(serving: Path, warehouse: Path) -> None:
    def lose_rows(step: str) -> None:
        if step == "checking the release":
            (hidden,) = (serving / "releases").glob(".tmp-*")
            change(
                hidden / "trade.duckdb",
                "delete from marts.surplus_monthly; delete from marts.data_health where source_name = 'kcs'",
            )

    with pytest.raises(EntrepotError) as told:
        publish(serving, warehouse, progress=lose_rows)
    assert "(found/written): surplus_monthly 0/5, data_health 1/2. It was thrown away." in str(told.value)


def test_a_release_says_the_time_at_which_it_was_published(serving: Path, warehouse: Path) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    published = publish(serving, warehouse, SURPLUS)
    assert before <= published.published_at <= datetime.now(UTC).replace(tzinfo=None)
    assert release._published_at(Path(published.release_id)) == published.published_at


class InSeoul(datetime):
    """A clock: noon in UTC, and nine in the evening where no zone is asked for."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "InSeoul":
        return cls(2026, 10, 31, 12, tzinfo=UTC) if tz is UTC else cls(2026, 10, 31, 21)


def test_a_release_says_the_time_of_utc_where_the_machine_has_another_zone(
    serving: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "datetime", InSeoul)
    published = publish(serving, warehouse)
    assert published.release_id.startswith("20261031T120000000000Z-")
    assert published.published_at == NOON
    assert ask(serving, "select distinct published_at_utc from marts.publication") == [(NOON,)]


def test_five_releases_and_an_hour_are_kept_where_nothing_else_is_said(serving: Path, warehouse: Path) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    minutes = (900, 800, 700, 600, 500, 400, 300, 59)
    folders = [f"{now - timedelta(minutes=minute):{release.ID_TIME}}-01234567" for minute in minutes]
    for name in folders:
        (serving / "releases" / name).mkdir(parents=True)
    published = release.publish(
        serving, warehouse, [SURPLUS], fingerprint="0" * 64, code_version="1", tests_passed=0, tests_warned=0
    )
    kept = [folder.name for folder in release.release_folders(serving)]
    assert kept == [*folders[-4:], published.release_id]
    for minute in (50, 40, 30, 20, 10):
        (serving / "releases" / f"{now - timedelta(minutes=minute):{release.ID_TIME}}-01234567").mkdir()
    release.publish(
        serving, warehouse, [SURPLUS], fingerprint="0" * 64, code_version="1", tests_passed=0, tests_warned=0
    )
    kept = [folder.name for folder in release.release_folders(serving)]
    assert (len(kept), kept[:2]) == (9, folders[-2:])  # the first of these two was served until 59 minutes ago


def test_a_macro_without_its_schema_is_only_a_call_of_the_one_in_marts(serving: Path, warehouse: Path) -> None:
    publish(serving, warehouse)
    ((body,),) = ask(
        serving,
        "select macro_definition from duckdb_functions() "
        "where schema_name = 'main' and function_name = 'surplus_as_of' and database_name = 'trade'",
    )
    assert "marts.surplus_as_of(known_on)" in body.replace('"', "")


def test_a_release_is_checked_by_one_who_only_reads(serving: Path, warehouse: Path) -> None:
    """DuckDB opens one file in one process for reading or for writing, and not for both."""
    readers = list[duckdb.DuckDBPyConnection]()

    def read_beside(step: str) -> None:
        if step == "checking the release":
            (hidden,) = (serving / "releases").glob(".tmp-*")
            readers.append(duckdb.connect(str(hidden / "trade.duckdb"), read_only=True))

    published = publish(serving, warehouse, progress=read_beside)
    assert len(readers) == 1
    readers[0].close()
    assert release.current(serving) == published
