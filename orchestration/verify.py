"""`entrepot verify`: reads all that a home keeps, says what is damaged and how it comes back. It writes nothing.

A landing file is held against its content sum and the warehouse's ledger, a release against its manifest; DuckDB sums each
block of the warehouse and refuses one that has changed.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from orchestration.archive import bundled, entries, require_whole
from orchestration.errors import EntrepotError
from orchestration.inbox import FILES, SCHEMAS, SOURCE_NAME
from orchestration.landing import Release, checksum, read_release
from orchestration.publishing.release import (
    DATABASE,
    Publication,
    checksums,
    read_manifest,
    release_folders,
    served_id,
)
from orchestration.settings import Settings
from orchestration.source import discover
from orchestration.warehouse import BUILT_AGAIN

LINE_EVERY_PARTS = 50
LEDGER = (
    *("url", "basis", "published_from", "published_to", "retrieved_at", "known_from", "period_from", "period_to"),
    *("settled_through", "settled_status", "open_status", "row_count", "checksum", "scope"),
)
Wrong = tuple[str, str]


@dataclass(frozen=True)
class Finding:
    """What is not whole: `what` names it inside its area, `state` says what is wrong, `remedy` how it comes back."""

    area: str
    what: str
    state: str
    remedy: str


@dataclass(frozen=True)
class Part:
    """One thing to read. `look` yields state and remedy of what is wrong with it, nothing where it is whole."""

    area: str
    what: str
    look: Callable[[], Iterator[Wrong]]


def parts(at: Settings) -> list[Part]:
    """All that there is to read. Raises `EntrepotError` where there is nothing."""
    if not any(os.path.lexists(path) for path in (at.landing, at.warehouse, at.serving)):
        raise EntrepotError(f"There is nothing in {at.home} yet. Run `entrepot build`, or set ENTREPOT_HOME.")
    ledger = _ledger(at.warehouse)
    found = [
        Part("archive", listing.relative_to(at.archive).as_posix(), partial(_archive, listing))
        for listing in sorted(at.archive.glob("*/releases.csv"))
    ]
    held = {path.relative_to(at.landing).as_posix() for path in at.landing.glob("*/*/*.parquet")}
    found += [Part("landing", name, partial(_landed, at, name, ledger)) for name in sorted(held | set(ledger))]
    found += [Part("warehouse", name, look) for name, look in _warehouse(at)]
    folders = release_folders(at.serving)
    found += [Part("release", folder.name, partial(_release, at, folder)) for folder in folders]
    return [*found, Part("link", at.current.relative_to(at.home).as_posix(), partial(_link, at, folders))]


def read(parts: Sequence[Part], tell: Callable[[Part], None] = lambda part: None) -> list[Finding]:
    """Reads each part and tells it; returns what is not whole."""
    findings = []
    for part in parts:
        findings += [Finding(part.area, part.what, state, remedy) for state, remedy in part.look()]
        tell(part)
    return findings


def table(parts: Sequence[Part], findings: Sequence[Finding]) -> Table:
    """One line for each area, and one for each thing that is not whole."""
    shown = Table(box=None, pad_edge=False)
    for name in ("what", "state", "how it comes back"):
        shown.add_column(name, overflow="fold")
    for area, count in Counter(part.area for part in parts).items():
        damaged = [finding for finding in findings if finding.area == area]
        whole = count - len({finding.what for finding in damaged})
        shown.add_row(area, f"{whole:,} of {count:,} whole", "")
        for finding in damaged:
            shown.add_row(f"  {finding.what}", finding.state, finding.remedy)
    return shown


@contextmanager
def bar(console: Console, count: int) -> Iterator[Callable[[Part], None]]:
    """Counts what was read. Without a terminal it prints a line now and then instead."""
    columns = (TextColumn("{task.description:<52}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = Progress(*columns, console=console)
    task = shown.add_task("reading", total=count)
    done = 0

    def tell(part: Part) -> None:
        nonlocal done
        done += 1
        shown.update(task, completed=done, description=f"{part.area} {part.what}"[:52])
        if not console.is_terminal and (done % LINE_EVERY_PARTS == 0 or done == count):
            console.print(f"{done:,} of {count:,} read, last {part.area} {part.what}", soft_wrap=True)

    if console.is_terminal:
        with shown:
            yield tell
    else:
        yield tell


def _archive(listing: Path) -> Iterator[Wrong]:
    remedy = f"`git checkout -- {listing.parent}`"
    try:
        for entry in entries(listing):
            try:
                require_whole(listing.parent / entry["file"], entry["sha256"], listing)
            except EntrepotError:
                yield f"{entry['file']} is missing, or not the file that is listed", remedy
    except (OSError, KeyError, TypeError, ValueError) as problem:
        yield f"cannot be read ({type(problem).__name__})", remedy


def _landed(at: Settings, name: str, ledger: Mapping[str, Mapping[str, Any]]) -> Iterator[Wrong]:
    path = at.landing / name
    if not path.exists():
        stays = any(
            table.stays_in_landing
            for source in discover()
            for table in source.tables
            if name.startswith(f"{source.name}/{table.name}/")
        )
        yield f"missing; {'nothing else' if stays else 'the warehouse'} has its rows", _brought_back(at, name)
        return
    try:
        release = read_release(path)
        wrong = _misnamed(at, path, release, ledger.get(name)) or _changed(path, release)
    except EntrepotError:
        wrong = "its footer cannot be read"
    except (OSError, pa.ArrowException, LookupError, TypeError, ValueError) as problem:
        wrong = f"its rows cannot be read ({type(problem).__name__})"
    if wrong:
        yield wrong, f"Move it away. {_brought_back(at, name)}"


def _misnamed(at: Settings, path: Path, release: Release, line: Mapping[str, Any] | None) -> str | None:
    if release.path(at.landing) != path:
        return "its name is not the one that its footer gives"
    footer = asdict(release) | {"known_from": release.known_from}
    if release.retrieved_at is not None and release.retrieved_at.tzinfo is not None:
        del footer["retrieved_at"]  # the ledger has it without its zone, and `known_from` says the same
    differing = [name for name in footer if line and name in line and (line[name] or None) != (footer[name] or None)]
    return f"its footer and the ledger differ in {', '.join(differing)}" if differing else None


def _changed(path: Path, release: Release) -> str | None:
    """A file of the inbox has the sum of what was brought, not of its rows: there each page's own sum must do."""
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        if set(file.schema_arrow.types) - {pa.string()}:
            return "a column is not text"
        if release.source == SOURCE_NAME and release.table != FILES:
            count = sum(batch.num_rows for batch in file.iter_batches())
            is_whole = count == release.row_count and set(file.schema_arrow.names) <= set(SCHEMAS[release.table].names)
        else:
            rows = file.read()
            is_whole = rows.num_rows == release.row_count and checksum(rows) == release.checksum
    return None if is_whole else "its rows are not those that its footer sums up"


def _brought_back(at: Settings, name: str) -> str:
    """How a landing file is had again, by its name alone: its footer may be gone."""
    source_name, table_name, file = name.split("/")
    try:
        for release, _ in bundled(at.archive, source_name, table_name):
            if file.startswith(f"{release.known_from:%Y%m%dT%H%M%S}-{release.months}-"):
                return "`entrepot build` restores it from seeds/archive."
    except EntrepotError:
        return "Mend the archive, then `entrepot build` restores it from there."
    if source_name == SOURCE_NAME:
        return "Bring the file again; `entrepot build` takes it in, as known from then on unless its name has a day."
    source = next((source for source in discover() if source.name == source_name), None)
    months = file.split("-")[1:3]
    if source is None or len(months) < 2 or not any(one.name == table_name and one.fetch for one in source.tables):
        return "Only a copy of yours can bring it back."
    first, last = (f"{month[:4]}-{month[4:]}" for month in months)
    asked = f"`entrepot fetch {source_name}/{table_name} --from {first} --to {last} --again`"
    return f"Fetch again: {asked}. What was revised since comes from a copy of yours only."


def _ledger(warehouse: Path) -> dict[str, dict[str, Any]]:
    """The releases that the warehouse has loaded, by landing file; empty where it cannot be read."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as database:
            found = database.execute(f"select file_path, {', '.join(LEDGER)} from entrepot.releases").fetchall()
    except (duckdb.Error, OSError):
        return {}
    return {path: dict(zip(LEDGER, values, strict=True)) for path, *values in found}


def _warehouse(at: Settings) -> list[tuple[str, Callable[[], Iterator[Wrong]]]]:
    """One part for each table; where the file cannot be opened, one that says so."""
    if not at.warehouse.exists():
        missing = "missing", f"{BUILT_AGAIN}."
        return [(at.warehouse.name, lambda: iter([missing]))] if release_folders(at.serving) else []
    try:
        with duckdb.connect(str(at.warehouse), read_only=True) as database:
            tables = database.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
    except (duckdb.Error, OSError) as problem:
        wrong = _refused(problem)
        return [(at.warehouse.name, lambda: iter([wrong]))]
    found: list[tuple[str, Callable[[], Iterator[Wrong]]]] = [
        (f"{schema}.{table}", partial(_table, at.warehouse, schema, table)) for schema, table in tables
    ]
    if ("entrepot", "releases") in tables:
        found.append(("rows of each release", partial(_rows, at.warehouse)))
    return found


def _rows(warehouse: Path) -> Iterator[Wrong]:
    """Holds the rows of the raw tables against the ledger's count of each release."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as database:
            tables = database.execute("select distinct source_name, table_name from entrepot.releases").fetchall()
            for source, table in sorted(tables):
                differing = database.execute(
                    f"""
                    select file_path from entrepot.releases
                    left join (select _release_id as release_id, count(*) as held from "{source}"."{table}" group by all)
                        using (release_id)
                    where source_name = ? and table_name = ? and row_count <> coalesce(held, 0)
                    order by 1
                    """,
                    [source, table],
                ).fetchall()
                for (file,) in differing:
                    yield f"{source}.{table} does not hold the rows that the ledger counts of {file}", f"{BUILT_AGAIN}."
    except (duckdb.Error, OSError) as problem:
        yield _refused(problem)


def _table(warehouse: Path, schema: str, table: str) -> Iterator[Wrong]:
    """Reads every value. A connection of its own: after a damaged block DuckDB may answer nothing more."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as database:
            database.execute(f'select bit_xor(hash(whole)) from "{schema}"."{table}" as whole').fetchall()
    except (duckdb.Error, OSError) as problem:
        yield _refused(problem)


def _refused(problem: Exception) -> Wrong:
    said = str(problem).partition("\n")[0]
    if "Could not set lock" in said:
        return "not read: another program holds it", "Verify again when the build has ended."
    return f"cannot be read ({said})", f"{BUILT_AGAIN}."


def _release(at: Settings, folder: Path) -> Iterator[Wrong]:
    try:
        publication = read_manifest(folder)
        wrong = list(_files(publication.checksums, checksums(folder))) or list(_manifest(folder, publication))
    except EntrepotError:
        wrong = ["manifest.json cannot be read"]
    except (OSError, duckdb.Error, AttributeError, TypeError, ValueError) as problem:
        wrong = [f"cannot be read ({type(problem).__name__})"]
    if wrong:
        yield "; ".join(wrong), _replaced(at, folder)


def _replaced(at: Settings, folder: Path) -> str:
    if served_id(at.serving) != folder.name:
        return "It is not served: remove its folder."
    earlier = [one.name for one in release_folders(at.serving) if one.name < folder.name]
    before = f" Until then take the release before: `ln -sfn releases/{earlier[-1]} '{at.current}'`." if earlier else ""
    return f"It is served. `entrepot build --force` serves a new one; then remove its folder.{before}"


def _files(listed: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*listed, *found}):
        if name not in found:
            yield f"{name} is missing"
        elif name not in listed:
            yield f"{name} does not belong to it"
        elif found[name] != listed[name]:
            yield f"{name} is damaged"


def _manifest(folder: Path, publication: Publication) -> Iterator[str]:
    """The manifest has no sum of its own; the mart `publication` says the same things, its id and folder the rest."""
    if publication.release_id != folder.name or not folder.name.endswith(f"-{publication.fingerprint[:8]}"):
        yield "manifest.json names another release"
    counts = publication.tests_passed, publication.tests_warned
    head = publication.release_id, publication.published_at, publication.code_version
    said = {(*head, mart, rows, *counts) for mart, rows in publication.marts.items()}
    with duckdb.connect(str(folder / DATABASE), read_only=True) as database:
        try:
            found = database.execute(
                "select release_id, published_at_utc, code_version, mart_name, row_count, tests_passed_count, "
                "tests_warned_count from marts.publication"
            ).fetchall()
        except duckdb.CatalogException:
            return  # a release without that mart
        columns = set(database.execute("select table_name, column_name from duckdb_columns()").fetchall())
    keys = {(mart, column) for mart, grain in publication.grains.items() for column in grain}
    if set(found) != said or not keys <= columns:
        yield f"manifest.json and {DATABASE} differ"


def _has_manifest(folder: Path) -> bool:
    try:
        read_manifest(folder)
    except EntrepotError:
        return False
    return True


def _link(at: Settings, folders: Sequence[Path]) -> Iterator[Wrong]:
    newest = next((folder.name for folder in reversed(folders) if _has_manifest(folder)), None)
    remedy = "`entrepot build --force` makes it anew" + (
        f", or `ln -sfn releases/{newest} '{at.current}'`." if newest else "."
    )
    if not os.path.lexists(at.current):
        if folders:
            yield "missing, though there are releases", remedy
    elif not at.current.is_symlink():
        yield "not a link", f"Move it away; {remedy}"
    elif at.current.resolve() not in [folder.resolve() for folder in folders]:
        yield f"points to {at.current.readlink()}, which is not a release here", remedy
