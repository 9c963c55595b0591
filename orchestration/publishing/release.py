"""Releases: the finished files that analysts and BI tools read, served whole or not at all.

A release is a folder with `trade.duckdb`, one Parquet file per mart, the page and `manifest.json`. It is built under a hidden
name, checked, and only then named and linked as `current`. The link is to the folder, because DuckDB remembers an open
database by its resolved path: a file replaced in place would leave busy readers on the old one.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from types import MappingProxyType

import duckdb

from orchestration.errors import EntrepotError

DATABASE = "trade.duckdb"
MANIFEST = "manifest.json"
STORAGE_VERSION = "v1.4.0"
ID_TIME = "%Y%m%dT%H%M%S%fZ"
NO_FAILURES: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Mart:
    """What dbt says of one mart. The release is sorted by the grain, so that equal rows make equal files."""

    name: str
    grain: tuple[str, ...]


@dataclass(frozen=True)
class Publication:
    """What `manifest.json` holds. `published_at` is UTC without a zone; release ids sort as they were published.

    `marts` gives the rows of each mart and `grains` the columns that tell its rows apart.
    """

    release_id: str
    published_at: datetime
    fingerprint: str
    code_version: str
    tests_passed: int
    tests_warned: int
    marts: dict[str, int]
    checksums: dict[str, str]
    grains: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Macro:
    """One SQL macro. `overloads` pairs a list of parameters (name, and type where one is declared) with a body.

    DuckDB does not tell default values, so every parameter of a published macro must be given.
    """

    name: str
    returns_table: bool
    comment: str | None
    overloads: tuple[tuple[tuple[tuple[str, str | None], ...], str], ...]

    def definition(self, schema: str) -> str:
        bodies = ", ".join(self._overload(parameters, body) for parameters, body in self.overloads)
        return f"create macro trade.{schema}.{_name(self.name)} {bodies}"

    def delegate(self) -> "Macro":
        """The same macro as a call of the one in `marts`, for people who do not want to write the schema."""
        calls = []
        for parameters, _ in self.overloads:
            call = f"marts.{_name(self.name)}({', '.join(_name(name) for name, _ in parameters)})"
            calls.append((parameters, f"select * from {call}" if self.returns_table else call))
        return replace(self, overloads=tuple(calls))

    def _overload(self, parameters: tuple[tuple[str, str | None], ...], body: str) -> str:
        declared = ", ".join(f"{_name(name)} {kind or ''}".strip() for name, kind in parameters)
        return f"({declared}) as {'table ' if self.returns_table else ''}({body})"


def publish(
    serving: Path,
    warehouse: Path,
    marts: Sequence[Mart],
    *,
    fingerprint: str,
    code_version: str,
    tests_passed: int,
    tests_warned: int,
    failed_tests: Mapping[str, int] = NO_FAILURES,
    page: Callable[[Path], None] | None = None,
    keep: int = 5,
    keep_for: timedelta = timedelta(hours=1),
    progress: Callable[[str], None] = lambda step: None,
) -> Publication:
    """Builds, checks and serves a release; the caller holds the writer's lock, and no open connection to the warehouse.

    `failed_tests` counts by `source.table`. `page` draws the page into the folder it is given, from the database there;
    when it fails nothing is published. A release goes when it is not among the last `keep` and was replaced longer than
    `keep_for` ago; the one being served never does.
    """
    published_at = datetime.now(UTC).replace(tzinfo=None)
    draft = Publication(
        release_id=f"{published_at:{ID_TIME}}-{fingerprint[:8]}",
        published_at=published_at,
        fingerprint=fingerprint,
        code_version=code_version,
        tests_passed=tests_passed,
        tests_warned=tests_warned,
        marts={},
        checksums={},
        grains={mart.name: list(mart.grain) for mart in marts if mart.grain},
    )
    with _whole_or_not_at_all(serving, draft.release_id):
        _remove_leftovers(serving)
        folder = _hidden(serving, draft.release_id)
        folder.mkdir(parents=True)
        counts = _build(folder, warehouse, marts, draft, failed_tests, progress)
        if page is not None:
            progress("drawing the page")
            _draw(page, folder)
        publication = replace(draft, marts=counts, checksums=checksums(folder))
        _write_manifest(folder, publication)
        progress("checking the release")
        _check(folder, publication)
        _serve(serving, publication, progress)
        progress("removing old releases")
        _retire(serving, keep, keep_for, now=published_at)
    return publication


def current(serving: Path) -> Publication | None:
    """The release that readers get, or None where nothing was published yet."""
    link = serving / "current"
    return read_manifest(link) if os.path.lexists(link) else None


def releases(serving: Path) -> list[Publication]:
    """The releases that are kept, oldest first."""
    return [read_manifest(folder) for folder in release_folders(serving)]


@contextmanager
def _whole_or_not_at_all(serving: Path, release_id: str) -> Iterator[None]:
    """Whatever goes wrong, nothing unfinished stays, and the text says which release is served now."""
    try:
        yield
    except BaseException as problem:
        served = served_id(serving)
        if served != release_id:
            _discard(serving, release_id)
        if isinstance(problem, EntrepotError):
            raise EntrepotError(f"{problem} {_kept(served, release_id)}") from problem.__cause__
        if isinstance(problem, (OSError, duckdb.OperationalError, duckdb.FatalException)):
            raise EntrepotError(
                f"Cannot publish to {serving} ({_first_line(problem)}). Free some space, mend the folder's rights, "
                f"or use a file system that has symbolic links; then publish again. {_kept(served, release_id)}"
            ) from problem
        raise


def _kept(served: str | None, release_id: str) -> str:
    if served is None:
        return "Nothing else was changed."
    if served == release_id:
        return f"The new release {served} is whole and served; only what follows was left undone."
    return f"The previous release {served} is still served."


def _build(
    folder: Path,
    warehouse: Path,
    marts: Sequence[Mart],
    draft: Publication,
    failed_tests: Mapping[str, int],
    progress: Callable[[str], None],
) -> dict[str, int]:
    """Writes the database and the Parquet files; returns the rows of each mart."""
    with _opened(folder, warehouse) as database:
        _require(database, warehouse, marts)
        database.execute("create schema trade.marts")
        for mart in marts:
            progress(f"copying {mart.name}")
            _copy(database, mart)
        progress("copying the macros")
        macros = _macros(database)
        database.execute("detach warehouse")
        _write_macros(database, macros)
        names = [mart.name for mart in marts]
        if "data_health" in names:
            _fill_data_health(database, failed_tests)
        if "publication" in names:
            _fill_publication(database, draft, _count(database, names) | {"publication": len(names)})
        _write_parquet(database, folder / "parquet", names, progress)
        counts = _count(database, names)
        database.execute("checkpoint trade")
    return counts


@contextmanager
def _opened(folder: Path, warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, for reading, beside the new file. Large sorts spill into the hidden folder."""
    spill = folder / "spill"
    database = duckdb.connect(":memory:", config={"temp_directory": str(spill)})
    try:
        try:
            database.execute(f"attach {_text(str(warehouse))} as warehouse (read_only)")
        except duckdb.Error as problem:
            raise EntrepotError(
                f"Cannot read the warehouse {warehouse} ({_first_line(problem)}). Nothing was published. "
                "Build it if it is missing (`entrepot build`), or close the program that has it open."
            ) from problem
        file = _text(str(folder / DATABASE))
        database.execute(f"attach {file} as trade (storage_version '{STORAGE_VERSION}')")
        database.execute("use trade")
        yield database
    finally:
        database.close()
        shutil.rmtree(spill, ignore_errors=True)


def _require(database: duckdb.DuckDBPyConnection, warehouse: Path, marts: Sequence[Mart]) -> None:
    found = database.execute(
        "select table_name from duckdb_columns() where database_name = 'warehouse' and schema_name = 'marts'"
    ).fetchall()
    missing = sorted({mart.name for mart in marts} - {name for (name,) in found})
    if missing or not marts:
        raise EntrepotError(
            f"{warehouse} has no {', '.join(f'marts.{name}' for name in missing) or 'marts'}. Nothing was published. "
            "Build the marts first (`entrepot build`)."
        )


def _copy(database: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    table = f"marts.{_name(mart.name)}"
    order = ", ".join(f"{_name(column)} nulls last" for column in mart.grain)
    database.execute("begin")
    database.execute(
        f"create table trade.{table} as select * from warehouse.{table} {f'order by {order}' if order else ''}"
    )
    for kind, name, comment in _comments(database, mart.name):
        database.execute(f"comment on {kind} trade.{table}{'.' + _name(name) if name else ''} is {_text(comment)}")
    database.execute("commit")


def _comments(database: duckdb.DuckDBPyConnection, mart: str) -> list[tuple[str, str | None, str]]:
    """The comments on a mart and its columns; a mart may be a view in the warehouse, in a release it is a table."""
    return database.execute(
        """
        with comments as (
            select 'table' as kind, null as column_name, database_name, schema_name, table_name, comment
            from duckdb_tables()
            union all
            select 'table', null, database_name, schema_name, view_name, comment
            from duckdb_views()
            union all
            select 'column', column_name, database_name, schema_name, table_name, comment
            from duckdb_columns()
        )
        select kind, column_name, comment
        from comments
        where database_name = 'warehouse' and schema_name = 'marts' and table_name = ? and comment is not null
        """,
        [mart],
    ).fetchall()


def _write_macros(database: duckdb.DuckDBPyConnection, macros: Sequence[Macro]) -> None:
    """Tries until none is left: a macro that calls another must be made after it, and DuckDB lists them by name.

    The warehouse is detached by now, so a macro that would read it fails here and not at a reader's.
    """
    waiting = list(macros)
    while waiting:
        refused: list[Macro] = []
        for macro in waiting:
            try:
                database.execute(macro.definition("marts"))
            except (duckdb.CatalogException, duckdb.BinderException) as problem:
                refused.append(macro)
                reason = problem
        if len(refused) == len(waiting):
            raise EntrepotError(
                f"The macro marts.{refused[-1].name} cannot be published ({_first_line(reason)}). Nothing was "
                "published. It may only read marts, without naming the database."
            ) from reason
        waiting = refused
    for macro in macros:
        database.execute(macro.delegate().definition("main"))
        _comment_on_macro(database, macro)


def _macros(database: duckdb.DuckDBPyConnection) -> list[Macro]:
    rows = database.execute(
        """
        select function_name, function_type = 'table_macro', comment, parameters, parameter_types, macro_definition
        from duckdb_functions()
        where
            database_name = 'warehouse'
            and schema_name = 'marts'
            and function_type in ('macro', 'table_macro')
            and not internal
        order by function_name, function_type, len(parameters)
        """
    ).fetchall()
    return [
        Macro(
            name=name,
            returns_table=returns_table,
            comment=comment,
            overloads=tuple((tuple(zip(row[3], row[4], strict=True)), row[5]) for row in overloads),
        )
        for (name, returns_table, comment), overloads in groupby(rows, key=lambda row: row[:3])
    ]


def _comment_on_macro(database: duckdb.DuckDBPyConnection, macro: Macro) -> None:
    if macro.comment is None:
        return
    kind = "macro table" if macro.returns_table else "macro"
    for schema in ("marts", "main"):
        database.execute(f"comment on {kind} trade.{schema}.{_name(macro.name)} is {_text(macro.comment)}")


def _fill_data_health(database: duckdb.DuckDBPyConnection, failed_tests: Mapping[str, int]) -> None:
    """dbt cannot know while it builds a table which of its tests will fail."""
    database.execute(
        """
        update trade.marts.data_health
        set failed_test_count = coalesce(map(?::varchar[], ?::bigint[])[source_name || '.' || table_name], 0)
        """,
        [list(failed_tests), list(failed_tests.values())],
    )


def _fill_publication(database: duckdb.DuckDBPyConnection, draft: Publication, counts: Mapping[str, int]) -> None:
    """The release describes itself, so that one SQL query tells which release a reader has."""
    database.executemany(
        """
        insert into trade.marts.publication (
            release_id, published_at_utc, code_version, mart_name, row_count, tests_passed_count, tests_warned_count
        )
        values (?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (
                draft.release_id,
                draft.published_at,
                draft.code_version,
                mart,
                rows,
                draft.tests_passed,
                draft.tests_warned,
            )
            for mart, rows in sorted(counts.items())
        ],
    )


def _write_parquet(
    database: duckdb.DuckDBPyConnection, folder: Path, marts: Sequence[str], progress: Callable[[str], None]
) -> None:
    folder.mkdir()
    for name in marts:
        progress(f"writing {name}.parquet")
        target = _text(str(folder / f"{name}.parquet"))
        database.execute(f"copy marts.{_name(name)} to {target} (format parquet, compression zstd)")


def _count(database: duckdb.DuckDBPyConnection, marts: Sequence[str]) -> dict[str, int]:
    return {name: database.execute(f"select count(*) from marts.{_name(name)}").fetchall()[0][0] for name in marts}


def _draw(page: Callable[[Path], None], folder: Path) -> None:
    """A release without its page is not a release: whatever the page stumbles over is told, and nothing is published."""
    try:
        page(folder)
    except (EntrepotError, OSError):
        raise
    except Exception as problem:
        raise EntrepotError(
            f"The page cannot be drawn ({type(problem).__name__}: {_first_line(problem)}). Nothing was published. The page "
            "reads the new marts: mend the mart that changed, or `orchestration/publishing/figures`."
        ) from problem


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a release but its manifest, by its path in the folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST]
    sums = {}
    for path in sorted(files, key=lambda path: (path.name != DATABASE, path)):
        with path.open("rb") as handle:
            sums[path.relative_to(folder).as_posix()] = hashlib.file_digest(handle, "sha256").hexdigest()
    return sums


def _write_manifest(folder: Path, publication: Publication) -> None:
    content = asdict(publication) | {"published_at": publication.published_at.isoformat()}
    (folder / MANIFEST).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Publication:
    """What a release says of itself. Raises `EntrepotError` where the manifest cannot be read."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Publication(**(content | {"published_at": datetime.fromisoformat(content["published_at"])}))
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise EntrepotError(
            f"{path} is missing or damaged ({type(problem).__name__}), so that release cannot be trusted. Nothing was "
            "changed. Serve a new release with `entrepot build --force`, then remove the damaged folder; no other is touched."
        ) from problem


def _check(folder: Path, publication: Publication) -> None:
    """Reads the release as a reader will: a fresh connection, read-only, nothing beside the file."""
    file = folder / DATABASE
    if file.with_name(f"{DATABASE}.wal").exists():
        raise EntrepotError(f"{file} was not closed properly (a .wal file is left beside it). Publish again.")
    with duckdb.connect(str(file), read_only=True) as database:
        found = _count(database, list(publication.marts))
    if found != publication.marts:
        differing = [f"{name} {found[name]}/{rows}" for name, rows in publication.marts.items() if found[name] != rows]
        raise EntrepotError(
            f"The new release does not hold the rows that were written (found/written): {', '.join(differing)}. "
            "It was thrown away. Publish again; if it happens twice, check the disk."
        )


def _serve(serving: Path, publication: Publication, progress: Callable[[str], None]) -> None:
    """Names the release, then points `current` at it. The link is relative, so that the serving folder can be moved."""
    hidden = _hidden(serving, publication.release_id)
    for path in [*hidden.rglob("*"), hidden]:
        _flush(path)
    progress(f"naming release {publication.release_id}")
    hidden.rename(serving / "releases" / publication.release_id)
    _flush(serving / "releases")
    progress(f"serving release {publication.release_id}")
    link = serving / f".current-{publication.release_id}"
    link.symlink_to(Path("releases") / publication.release_id, target_is_directory=True)
    link.replace(serving / "current")
    _flush(serving)


def _flush(path: Path) -> None:
    """Puts a file or the list of names in a folder on the disk, so that a power cut cannot leave a link to nothing."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _retire(serving: Path, keep: int, keep_for: timedelta, now: datetime) -> None:
    """Old releases lose their name first, so that nobody finds one half removed.

    The id of its successor tells when a release was replaced, so copied or touched folders change nothing. One that a
    wrong clock has dated into the future stays: no hour has passed since.
    """
    served, folders = served_id(serving), release_folders(serving)
    replaced = {folder: _published_at(successor) for folder, successor in pairwise(folders)}
    for folder in folders[:-keep]:
        if folder.name != served and now - replaced[folder] >= keep_for:
            folder.rename(_hidden(serving, folder.name))
    _remove_leftovers(serving)


def _remove_leftovers(serving: Path) -> None:
    """Only the holder of the writer's lock gets here, so every hidden name belongs to a run that is dead or done."""
    for folder in (serving / "releases").glob(".tmp-*"):
        shutil.rmtree(folder)
    for link in serving.glob(".current-*"):
        link.unlink()


def _discard(serving: Path, release_id: str) -> None:
    shutil.rmtree(_hidden(serving, release_id), ignore_errors=True)
    shutil.rmtree(serving / "releases" / release_id, ignore_errors=True)
    with suppress(OSError):
        (serving / f".current-{release_id}").unlink()


def served_id(serving: Path) -> str | None:
    """The release that the link names, also where it cannot be read."""
    link = serving / "current"
    return link.readlink().name if link.is_symlink() else None


def release_folders(serving: Path) -> list[Path]:
    """The folders of the releases that are kept, oldest first."""
    return sorted((serving / "releases").glob("[0-9]" * 8 + "T" + "[0-9]" * 12 + "Z-*"))


def _published_at(folder: Path) -> datetime:
    return datetime.strptime(folder.name.partition("-")[0], ID_TIME)  # noqa: DTZ007 - UTC without a zone, as in the manifest


def _hidden(serving: Path, release_id: str) -> Path:
    return serving / "releases" / f".tmp-{release_id}"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"


def _first_line(problem: BaseException) -> str:
    """DuckDB's messages go on with the statement and an arrow; the first line says what is wrong."""
    return str(problem).partition("\n")[0]
