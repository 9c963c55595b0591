"""A copy of the served release in PostgreSQL, for teams on a network: all of a release, or the one before.

The marts are copied by ADBC into a schema of their own, `<schema>__new`, checked, and given their names in one transaction.
Three things of PostgreSQL shape the rest:

- Names are looked up as of now, rows as of a transaction's snapshot. A transaction that began before the rows were copied would
  find the new tables empty, so the swap waits until none is left.
- One that has read the old tables would read new ones next, so the swap first takes the old tables for itself; half a second
  at a time, which is shorter than the server's search for deadlocks, so that no reader is ever its victim.
- A session that stays in a transaction keeps the old tables from being dropped. They are dropped later, by the next run.

A run that dies leaves `<schema>__new`, which the next run removes. Schemas are told to be ours by their comment; no other is touched.
"""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
from tenacity import RetryError, Retrying, retry_if_exception, stop_after_delay, wait_fixed

from orchestration.errors import EntrepotError
from orchestration.publishing.postgres_address import Address
from orchestration.publishing.release import DATABASE, Publication, current

MARK = "Entrepôt release "
BATCH_ROWS = 50_000
LOCK_SECONDS = 0.5
DROP_TRY = "2s"
SESSION = (
    "set search_path = pg_catalog, pg_temp",
    "set client_min_messages = warning",
    "set statement_timeout = 0",
    "set lock_timeout = '10s'",
    "set tcp_keepalives_idle = 60",
)
LONGEST_NAME = 40
INSTALL = ".venv/bin/pip install --no-deps --require-hashes -r requirements-postgres.lock"

# DuckDB's type: PostgreSQL's, and what the value is cast to on its way where the two have no common form.
TYPES: Mapping[str, tuple[str, str | None]] = {
    "BOOLEAN": ("boolean", None),
    "TINYINT": ("smallint", "smallint"),
    "SMALLINT": ("smallint", None),
    "INTEGER": ("integer", None),
    "BIGINT": ("bigint", None),
    "HUGEINT": ("numeric(38, 0)", "decimal(38, 0)"),
    "UTINYINT": ("smallint", "smallint"),
    "USMALLINT": ("integer", "integer"),
    "UINTEGER": ("bigint", "bigint"),
    "UBIGINT": ("numeric(20, 0)", "decimal(20, 0)"),
    "FLOAT": ("real", None),
    "DOUBLE": ("double precision", None),
    "VARCHAR": ("text", None),
    "UUID": ("text", "varchar"),
    "BLOB": ("bytea", None),
    "DATE": ("date", None),
    "TIME": ("time", None),
    "TIMESTAMP": ("timestamp", None),
    "TIMESTAMP_S": ("timestamp", "timestamp"),
    "TIMESTAMP_MS": ("timestamp", "timestamp"),
    "TIMESTAMP_NS": ("timestamp", "timestamp"),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", None),
}
BUSY = ("55P03", "57014", "40P01")  # a lock not had in time, a statement over its time, a deadlock
NO_KEY = ("23502", "54000")  # a null in the grain, a row too long for an index


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    comment: str | None

    @property
    def declared(self) -> str:
        return f"{quoted(self.name)} {postgres_type(self.type)[0]}"

    @property
    def selected(self) -> str:
        name, (_, cast) = quoted(self.name), postgres_type(self.type)
        if cast == "json":
            return f"cast(to_json({name}) as varchar) as {name}"
        return f"cast({name} as {cast}) as {name}" if cast else name


@dataclass(frozen=True)
class Copied:
    """What readers of the schema have now. `notes` are sentences about what was left for later."""

    release_id: str
    rows: int
    notes: tuple[str, ...]


def postgres_type(duckdb_type: str) -> tuple[str, str | None]:
    """PostgreSQL's type for DuckDB's, and the type to cast to before the value is sent. KeyError for an unknown one."""
    if duckdb_type.endswith("]") or duckdb_type.startswith(("STRUCT(", "MAP(", "JSON")):
        return "json", "json"
    if duckdb_type.startswith("ENUM("):
        return "text", "varchar"
    if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duckdb_type):
        return f"numeric({decimal[1]}, {decimal[2]})", None
    return TYPES[duckdb_type]


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever signs are in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it; a backslash means itself whatever the server's settings."""
    escaped = text.replace("'", "''")
    return f"E'{escaped.replace(chr(92), chr(92) * 2)}'" if chr(92) in text else f"'{escaped}'"


def publish(
    serving: Path,
    to: Address,
    *,
    schema: str = "marts",
    reader_role: str | None = None,
    wait_seconds: float = 60,
    progress: Callable[[str, int], None] = lambda mart, rows: None,
) -> Copied:
    """Copies the served release into a schema of the database and gives a role the right to read it.

    `progress` is told each mart and its rows. `wait_seconds` is how long open transactions of readers are waited for.
    Raises EntrepotError; whatever it says, readers have a whole release.
    """
    for name in (schema, reader_role or f"{schema}_reader"):
        _check_name(name)
    publication = current(serving)
    if publication is None:
        raise EntrepotError(f"Nothing is published in {serving} yet. Run `entrepot build`, or set ENTREPOT_HOME.")
    if not publication.grains:
        raise EntrepotError(
            f"Release {publication.release_id} was published by an older version, which did not write down the keys. "
            "Nothing was copied. Run `entrepot build --force`."
        )
    file = serving / "releases" / publication.release_id / DATABASE
    with _connected(to) as server, duckdb.connect(str(file), read_only=True) as release:
        release.execute("set enable_progress_bar = false")
        return _Copy(server, release, publication, to, schema, reader_role or f"{schema}_reader", progress).run(
            wait_seconds
        )


def _check_name(name: str) -> None:
    if not re.fullmatch(rf"(?!pg_)[a-z_][a-z0-9_]{{0,{LONGEST_NAME - 1}}}", name):
        raise EntrepotError(
            f"{name!r} cannot be the name of a schema or role here: at most {LONGEST_NAME} small letters, digits and _, "
            "not beginning with a digit or pg_. Nothing was copied."
        )


class _Server:
    """One session, each statement a transaction of its own unless `begin` is said."""

    def __init__(self, connection: Any, failure: type[Exception]) -> None:
        self.cursor = connection.cursor()
        self.failure = failure
        self.limit = math.inf

    def run(self, *statements: str) -> None:
        for statement in statements:
            with self._cancelled():
                self.cursor.execute(statement)

    def append(self, schema: str, table: str, batches: Any) -> None:
        with self._cancelled():
            self.cursor.adbc_ingest(table, batches, mode="append", db_schema_name=schema)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The server ends any statement that takes longer; sqlstate 57014."""
        self.run(f"set statement_timeout = {max(1, round(seconds * 1000))}")
        self.limit = seconds
        try:
            yield
        finally:
            self.limit = math.inf
            with suppress(self.failure):  # where it ended a transaction, the end of that takes the setting back
                self.run("set statement_timeout = 0")

    @contextmanager
    def _cancelled(self) -> Iterator[None]:
        """The driver turns Ctrl-C into a wish to the server to cancel; what it answers looks like a statement over its time."""
        started = time.monotonic()
        try:
            yield
        except self.failure as problem:
            if sqlstate(problem) == "57014" and time.monotonic() - started < self.limit:
                raise KeyboardInterrupt from problem
            raise

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        self.run(statement)
        found: list[tuple[Any, ...]] = self.cursor.fetchall()
        return found

    def value(self, expression: str) -> Any:
        return self.rows(f"select {expression}")[0][0]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.run("begin")
        try:
            yield
            self.run("commit")
        except BaseException:
            with suppress(self.failure):
                self.run("rollback")
            raise


def _driver() -> ModuleType:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as problem:
        raise EntrepotError(
            f"PostgreSQL's driver is not installed ({problem.name} is missing). Nothing was copied. Run `{INSTALL}` in the "
            "project, or `pip install 'entrepot[postgres]'` where it is a package."
        ) from problem
    module: ModuleType = dbapi
    return module


@contextmanager
def _connected(to: Address) -> Iterator[_Server]:
    driver = _driver()
    try:
        connection = driver.connect(to.uri, autocommit=True)
    except driver.Error as problem:
        raise EntrepotError(_cannot_connect(to, reason(problem))) from None
    server = _Server(connection, driver.Error)
    try:
        server.run(*SESSION)
        with suppress(driver.Error):  # a server from version 14 on sees early that we died
            server.run("set client_connection_check_interval = '5s'")
        yield server
    finally:
        with suppress(driver.Error):
            server.cursor.close()
            connection.close()


def _cannot_connect(to: Address, why: str) -> str:
    if "password" in why:
        mend = "Put the password into PGPASSWORD or ~/.pgpass (mode 600), or into the address; there it is percent-encoded."
    elif "does not exist" in why:
        mend = "Create it, or correct the address."
    elif "query parameter" in why:
        mend = "Correct what stands after the ? of the address."
    else:
        mend = (
            "See that the server runs, that it listens on that address, and that its pg_hba.conf lets this machine in."
        )
    return f"Cannot connect to {to.shown} ({to.redacted(why)}). Nothing was copied. {mend}"


def sqlstate(problem: BaseException) -> str | None:
    """PostgreSQL's code of an error; None for one of the connection."""
    return getattr(problem, "sqlstate", None)


def reason(problem: BaseException) -> str:
    """The server's own first sentence, without what the driver puts around it (which repeats the statement)."""
    text = str(problem)
    told = re.search(r"(?:ERROR|FATAL|PANIC): +(.+)", text) or re.search(r"Failed to connect: (.+)", text)
    return (told[1] if told else text.partition("\n")[0]).strip().rstrip(".")


class _Copy:
    """One run. `state` says what an error means for readers: `copying`, `swapping` (not known) or `swapped`."""

    def __init__(
        self,
        server: _Server,
        release: duckdb.DuckDBPyConnection,
        publication: Publication,
        to: Address,
        schema: str,
        reader: str,
        progress: Callable[[str, int], None],
    ) -> None:
        self.server, self.release, self.publication, self.to = server, release, publication, to
        self.schema, self.staging, self.reader, self.progress = schema, f"{schema}__new", reader, progress
        self.notes: list[str] = []
        self.owns_staging = False
        self.state, self.doing = "copying", "looking at the database"

    def run(self, wait_seconds: float) -> Copied:
        try:
            self._lock()
            self._check_rights()
            self._sweep()
            self._make_reader()
            self._stage()
            self._settle(wait_seconds)
            old = self._swap(wait_seconds)
        except BaseException as problem:
            if self.owns_staging:
                with suppress(self.server.failure):
                    self._drop(self.staging)
            if isinstance(problem, self.server.failure):
                raise EntrepotError(self._explained(problem)) from None
            if isinstance(problem, duckdb.Error):
                raise EntrepotError(
                    f"Cannot read the release while {self.doing} ({str(problem).partition(chr(10))[0]}). {self._kept()}"
                ) from problem
            if isinstance(problem, KeyboardInterrupt):
                raise EntrepotError(f"Interrupted while {self.doing}. {self._kept()}") from None
            raise
        if old is not None:
            self._retire(old)
        return Copied(self.publication.release_id, sum(self.publication.marts.values()), tuple(self.notes))

    def _lock(self) -> None:
        """One publisher for a schema. The server lets go of the lock when the session ends, however it ends."""
        key = self.server.value(f"hashtextextended({literal(f'entrepot {self.schema}')}, 0)")
        if self.server.value(f"pg_try_advisory_lock({key})"):
            return
        other = self.server.rows(
            "select distinct 'server process ' || pid from pg_locks where locktype = 'advisory' and granted "
            f"and (classid::bigint << 32 | objid::bigint) = {key} and database = "
            "(select oid from pg_database where datname = current_database())"
        )
        raise EntrepotError(
            f"Another publish is writing schema {self.schema} of {self.to.shown}"
            f"{f' ({other[0][0]})' if other else ''}. Nothing was changed. Run this again when it has ended."
        )

    def _check_rights(self) -> None:
        if not self.server.value("has_database_privilege(current_database(), 'create')"):
            database, user = self.server.rows("select current_database(), current_user")[0]
            raise EntrepotError(
                f"{user} may not create schemas in {self.to.shown}. Nothing was changed. Its owner can allow it: "
                f"grant create on database {quoted(database)} to {quoted(user)};"
            )
        for schema in (self.schema, self.staging):
            self._check_ours(schema)

    def _check_ours(self, schema: str) -> None:
        found = self.server.rows(
            "select coalesce(obj_description(oid, 'pg_namespace'), ''), pg_has_role(nspowner, 'usage'), "
            f"pg_get_userbyid(nspowner) from pg_namespace where nspname = {literal(schema)}"
        )
        if not found:
            return
        comment, is_owner, owner = found[0]
        if not comment.startswith(MARK):
            raise EntrepotError(
                f"Schema {schema} of {self.to.shown} was not made by `entrepot publish`, which replaces a schema whole. "
                "Nothing was changed. Choose another name with --schema."
            )
        if not is_owner:
            raise EntrepotError(
                f"Schema {schema} of {self.to.shown} belongs to {owner}. Nothing was changed. Publish as {owner}, or "
                "choose another name with --schema."
            )

    def _sweep(self) -> None:
        """Removes what runs before left. The lock is ours, so none of it belongs to a run that lives."""
        self.doing = "removing what an earlier run left"
        for (schema,) in self.server.rows(
            f"select nspname from pg_namespace where (nspname = {literal(self.staging)} "
            f"or nspname ~ {literal(f'^{self.schema}__old_[0-9]+$')}) "
            f"and starts_with(coalesce(obj_description(oid, 'pg_namespace'), ''), {literal(MARK)}) order by 1"
        ):
            if schema == self.staging:
                self._drop(schema)
            else:
                self._retire(schema)

    def _make_reader(self) -> None:
        """A role without login, for people to be members of. Its setting counts only if it is given a login."""
        self.doing = f"creating the role {self.reader}"
        if self.server.rows(f"select 1 from pg_roles where rolname = {literal(self.reader)}"):
            return
        try:
            with self.server.transaction():
                self.server.run(
                    f"create role {quoted(self.reader)} nologin",
                    f"alter role {quoted(self.reader)} set default_transaction_read_only = on",
                )
        except self.server.failure as problem:
            if sqlstate(problem) != "42501":
                raise
            raise EntrepotError(
                f"There is no role {self.reader} at {self.to.shown}, and this user may not create roles. Nothing was "
                f"changed. Ask an administrator for: create role {quoted(self.reader)} nologin; or name a role that "
                "exists with --reader-role."
            ) from None

    def _stage(self) -> None:
        with self.server.transaction():
            self.doing = f"creating the schema {self.staging}"
            self.server.run(f"create schema {quoted(self.staging)}", self._marked(self.staging))
        self.owns_staging = True
        for mart, rows in self.publication.marts.items():
            self.doing = f"copying {mart}"
            self._copy(mart, rows)
            self.progress(mart, rows)
        self.doing = f"granting {self.reader} the right to read"
        self.server.run(f"grant select on all tables in schema {quoted(self.staging)} to {quoted(self.reader)}")

    def _marked(self, schema: str) -> str:
        return f"comment on schema {quoted(schema)} is {literal(f'{MARK}{self.publication.release_id}')}"

    def _copy(self, mart: str, rows: int) -> None:
        columns = self._columns(mart)
        table = f"{quoted(self.staging)}.{quoted(mart)}"
        self.server.run(f"create table {table} ({', '.join(column.declared for column in columns)})")
        batches = self.release.execute(
            f"select {', '.join(column.selected for column in columns)} from marts.{quoted(mart)}"
        ).to_arrow_reader(BATCH_ROWS)
        self.server.append(self.staging, mart, batches)
        found = self.server.value(f"count(*) from {table}")
        if found != rows:
            raise EntrepotError(
                f"{mart} has {rows:,} rows in the release and {found:,} in the copy. The copy was thrown away. "
                f"{self._kept()} Publish again; if it happens twice, build a new release."
            )
        self._key(mart, table)
        self._comment(mart, table, columns)
        self.server.run(f"analyze {table}")

    def _columns(self, mart: str) -> list[Column]:
        found = self.release.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where schema_name = 'marts' and table_name = ? order by column_index",
            [mart],
        ).fetchall()
        columns = [Column(*column) for column in found]
        for column in columns:
            try:
                postgres_type(column.type)
            except KeyError:
                raise EntrepotError(
                    f"{mart}.{column.name} is of type {column.type}, for which no PostgreSQL type was chosen. "
                    f"{self._kept()} Choose one in orchestration/publishing/postgres.py."
                ) from None
        return columns

    def _key(self, mart: str, table: str) -> None:
        grain = self.publication.grains.get(mart, [])
        if not grain:
            return
        try:
            self.server.run(f"alter table {table} add primary key ({', '.join(map(quoted, grain))})")
        except self.server.failure as problem:
            if sqlstate(problem) not in NO_KEY:
                raise
            self.notes.append(f"{mart} has no primary key: {reason(problem)}.")

    def _comment(self, mart: str, table: str, columns: Sequence[Column]) -> None:
        found = self.release.execute(
            "select comment from duckdb_tables() where schema_name = 'marts' and table_name = ?", [mart]
        ).fetchall()
        comments = [("table", table, found[0][0])]
        comments += [("column", f"{table}.{quoted(column.name)}", column.comment) for column in columns]
        for kind, name, comment in comments:
            if comment is not None:
                self.server.run(f"comment on {kind} {name} is {literal(comment)}")

    def _settle(self, wait_seconds: float) -> None:
        """Waits until no snapshot of this database is older than the copied rows.

        An index that is created concurrently waits for just that, so it is created on a table that nobody needs.
        """
        self.doing = "waiting for transactions that began before the rows were copied"
        table = f"{quoted(self.staging)}.settled"
        self.server.run(f"create table {table} (n integer)")
        try:
            with self.server.within(wait_seconds):
                self.server.run(f"create index concurrently on {table} (n)")
        except self.server.failure as problem:
            if sqlstate(problem) not in BUSY:
                raise
            sessions = self._sessions("where backend_xmin is not null and datname = current_database()")
            raise EntrepotError(
                f"A transaction in {self.to.shown} is older than the copied rows and would have found the new marts empty. "
                f"It did not end in {wait_seconds:g} s{sessions}. {self._kept()} Publish again when it has ended, or wait "
                "longer with --wait. An administrator finds it with: select pid, usename, xact_start from "
                "pg_stat_activity where backend_xmin is not null order by xact_start;"
            ) from None
        self.server.run(f"drop table {table}")

    def _sessions(self, condition: str) -> str:
        found = self.server.rows(
            "select distinct 'server process ' || pid || coalesce(' of ' || usename, '') from pg_stat_activity "
            f"{condition} and pid <> pg_backend_pid() order by 1 limit 5"
        )
        return f" ({', '.join(name for (name,) in found)})" if found else ""

    def _swap(self, wait_seconds: float) -> str | None:
        """Gives the new schema its name, and returns the one that the old schema has now."""
        self.doing = "swapping the schemas"
        found = self.server.rows(f"select oid::text from pg_namespace where nspname = {literal(self.schema)}")
        old = f"{self.schema}__old_{found[0][0]}" if found else None
        tables = self._tables(self.schema)
        patience = Retrying(
            retry=retry_if_exception(lambda problem: sqlstate(problem) in BUSY),
            stop=stop_after_delay(wait_seconds),
            wait=wait_fixed(0.5),
        )
        try:
            patience(self._rename, old, tables)
        except RetryError:
            holding = self._sessions(
                "where pid in (select pid from pg_locks where relation in (select oid from pg_class where "
                f"relnamespace = {literal(quoted(self.schema))}::regnamespace))"
            )
            self.notes.append(
                f"A session has had the old marts open in one transaction for over {wait_seconds:g} s{holding}. The marts "
                "were swapped all the same: until it ends its transaction, it may read some of the old ones and some of "
                "the new."
            )
            self._rename(old, [])
        return old

    def _rename(self, old: str | None, tables: Sequence[str]) -> None:
        self.server.run("begin")
        try:
            if tables:
                with self.server.within(LOCK_SECONDS):
                    self.server.run(f"lock table {', '.join(tables)} in access exclusive mode")
            if old is not None:
                self.server.run(f"alter schema {quoted(self.schema)} rename to {quoted(old)}")
            self.server.run(
                f"alter schema {quoted(self.staging)} rename to {quoted(self.schema)}",
                f"grant usage on schema {quoted(self.schema)} to {quoted(self.reader)}",
            )
            self.state = "swapping"
            self.server.run("commit")
            self.state = "swapped"
        except BaseException:
            with suppress(self.server.failure):
                self.server.run("rollback")
                self.state = "copying"
            raise

    def _tables(self, schema: str) -> list[str]:
        return [
            f"{quoted(schema)}.{quoted(name)}"
            for (name,) in self.server.rows(
                "select relname from pg_class where relkind = 'r' and relnamespace = "
                f"(select oid from pg_namespace where nspname = {literal(schema)}) order by 1"
            )
        ]

    def _drop(self, schema: str) -> None:
        """The tables one by one and never by cascade: what others have built on them is theirs."""
        tables = self._tables(schema)
        with self.server.transaction():
            self.server.run(f"set local lock_timeout = '{DROP_TRY}'")
            if tables:
                self.server.run(f"drop table {', '.join(tables)}")
            self.server.run(f"drop schema if exists {quoted(schema)}")

    def _retire(self, old: str) -> None:
        """Drops the release before. If that cannot be done now, readers of the new one do not notice."""
        try:
            self._drop(old)
        except self.server.failure as problem:
            if sqlstate(problem) == "2BP01":
                self.notes.append(
                    f"The marts of an earlier release stay in schema {old}, for something of yours is built on them"
                    f"{self._dependents(old)}. Create it anew on {self.schema}; the next publish removes the rest."
                )
            else:
                self.notes.append(
                    f"The marts of an earlier release stay in schema {old} ({reason(problem)}). Readers of {self.schema} do "
                    "not see them; the next publish removes them."
                )

    def _dependents(self, schema: str) -> str:
        with suppress(self.server.failure):
            found = self.server.rows(
                "select distinct pg_rewrite.ev_class::regclass::text from pg_depend "
                "join pg_rewrite on pg_rewrite.oid = pg_depend.objid and pg_depend.classid = 'pg_rewrite'::regclass "
                "join pg_class on pg_class.oid = pg_depend.refobjid and pg_depend.refclassid = 'pg_class'::regclass "
                f"where pg_class.relnamespace = {literal(quoted(schema))}::regnamespace order by 1 limit 5"
            )
            if found:
                return f" ({', '.join(name for (name,) in found)})"
        return ""

    def _explained(self, problem: BaseException) -> str:
        why = self.to.redacted(reason(problem))
        code = sqlstate(problem) or ""
        if code == "42501":
            mend = "Publish as the owner of the database, or be granted that right."
        elif code == "53100":
            mend = "Free some space there: a publish needs room for two releases."
        elif code == "25006":
            mend = "The server takes no writes; publish to the primary."
        elif not code or code.startswith(("08", "57")):
            mend = "The connection was lost or ended by the server; publish again when it is back."
        else:
            mend = "Mend that and publish again."
        return f"Failed while {self.doing} at {self.to.shown} ({why}). {self._kept()} {mend}"

    def _kept(self) -> str:
        if self.state == "copying":
            return f"Readers of {self.schema} have what they had."
        if self.state == "swapped":
            return f"Readers of {self.schema} have the new release, whole."
        return (
            f"Readers of {self.schema} have the release before or the new one, whole either way: "
            f"select distinct release_id from {self.schema}.publication tells."
        )
