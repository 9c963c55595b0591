"""`entrepot`: thin commands over the assets. Heavy imports wait until a command needs them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Annotated, Literal

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from orchestration import briefing, question, spreadsheet
from orchestration.errors import EntrepotError, refused_by_the_disk
from orchestration.inputs import fingerprint
from orchestration.publishing.release import current, read_manifest, release_folders, served_id
from orchestration.settings import Settings, settings
from orchestration.visible import visible

if TYPE_CHECKING:
    from orchestration.inbox import Verdict
    from orchestration.publishing.release import Publication

app = typer.Typer(
    help="Entrepôt: a trade-statistics warehouse that remembers what was known when.",
    epilog="Everything a run makes lies in ./data, or in $ENTREPOT_HOME if that is set.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
# Bound now: dbt's chatter is led elsewhere later. Paths and SQL may hold brackets and colons: they are text, not markup.
console = Console(file=sys.stdout, markup=False, emoji=False)
errors = Console(file=sys.stderr, markup=False, emoji=False)

# `build.log` keeps what a run prints. Dagster would keep it too, by child processes that die of Ctrl-C with a traceback.
NO_WATCHERS = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}

HEADLINE = """
select ledger_code, export_usd / 1e9, import_usd / 1e9, balance_usd / 1e9
from marts.surplus_annual
where year = 2024 and reporter_iso3 in ('KOR', 'USA') and partner_iso3 in ('KOR', 'USA')
order by ledger_code desc
"""

NEXT = (
    "select period_month, export_usd, import_usd, balance_usd from surplus_as_of(date '2023-04-15') "
    "where ledger_code = 'census' and partner_iso3 = 'KOR' order by period_month desc limit 5"
)


@contextmanager
def _told() -> Iterator[None]:
    """An error that a person can mend is a sentence and exit code 1, not a traceback."""
    try:
        yield
    except Exception as problem:
        said = str(problem) if isinstance(problem, EntrepotError) else _of_the_disk(problem)
        if said is None:
            raise
        errors.print("Error:", style="bold red", end=" ")
        errors.print(visible(said), highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _of_the_disk(problem: Exception) -> str | None:
    """A disk that refuses where no step expects it, such as in Dagster's own files."""
    refusal = refused_by_the_disk(problem)
    return refusal and (
        f"Cannot write to {settings().home} ({refusal}). What is served is whole: the release before, or the new one. "
        "Free some space or mend the folder's rights, then run again; it needs no cleaning up."
    )


@app.command()
def build(
    force: Annotated[bool, typer.Option("--force", help="Build all of it again though nothing changed.")] = False,
    from_landing: Annotated[
        bool, typer.Option("--from-landing", help="Build again, the warehouse too, from the landing files alone.")
    ] = False,
    target: Annotated[
        Literal["duckdb", "spark"], typer.Option(help="The engine; `spark` needs a cluster (docs/spark.md).")
    ] = "duckdb",
) -> None:
    """Load the releases at hand, build and test the marts, publish them.

    Runs on the bundled archive with no key and no network. Nothing is published when a test fails: readers keep the
    release they have. A second run with nothing new ends at once.
    """
    with _told():
        from orchestration import inbox

        at = settings()
        if target == "spark" and from_landing:
            raise EntrepotError(
                "`--from-landing` is for DuckDB's warehouse. Nothing was built. On Spark, `entrepot build --force --target spark` "
                "makes every table anew from the landing files."
            )
        at.prepare()
        started = time.monotonic()
        if inbox.brought(at.inbox):
            with at.writer():
                _refused(inbox.take_in(at))
        last = None if force or from_landing else current(at.serving)
        if last is not None and last.fingerprint == fingerprint(at):
            console.print(
                f"Nothing new since release {last.release_id}: it is still served. `entrepot build --force` builds again."
            )
        elif target == "spark":
            last = _run_on_spark(at, force)
        else:
            last = _run(at, force, from_landing)
        _summary(at, last, time.monotonic() - started)


def _refused(verdicts: list["Verdict"]) -> None:
    """A file that cannot be read is told and left where it is; the others are built."""
    for verdict in verdicts:
        if verdict.verdict == "refused":
            errors.print(
                f"Inbox: {visible(verdict.reason)} The file was left out and left where it is.", soft_wrap=True
            )


def _run(at: Settings, force: bool, from_landing: bool) -> "Publication":
    console.print("Starting: reading the dbt project and the asset graph")
    before = served_id(at.serving)
    at.export()
    with at.writer():
        from dagster import DagsterExecutionInterruptedError, DagsterInstance
        from dagster._core.instance import InstanceRef

        from orchestration import increments, rebuild
        from orchestration.definitions import defs
        from orchestration.progress import show
        from orchestration.transform import end_dbt

        if from_landing:
            console.print("Reading every landing file")
            aside = rebuild.set_aside(at)
            if aside is not None:
                console.print(f"The warehouse lies at {aside} until a new one is built and published.", soft_wrap=True)
        if force:
            increments.forget(at)
        job = defs.resolve_job_def("build")
        steps = len(list(job.asset_layer.executable_asset_keys)) + len(job.asset_layer.asset_graph.asset_check_keys)
        with (
            show(console, steps),
            _spoken_to(at.dbt_target / "build.log"),
            DagsterInstance.from_ref(InstanceRef.from_dir(str(at.dagster_home), overrides=NO_WATCHERS)) as instance,
        ):
            try:
                job.execute_in_process(instance=instance)
            except (KeyboardInterrupt, DagsterExecutionInterruptedError):
                raise EntrepotError(
                    "Interrupted. Nothing was published: a release that was served before still is. "
                    "Run `entrepot build` again; it needs no cleaning up."
                ) from None
            finally:
                end_dbt()
        published = current(at.serving)
        if published is None or published.release_id == before:
            raise EntrepotError(f"The run ended without a new release in {at.serving}. Run `entrepot build --force`.")
        rebuild.forget(at)
    return published


def _run_on_spark(at: Settings, force: bool) -> "Publication":
    try:
        from orchestration.spark import build as spark_build
    except ModuleNotFoundError as missing:
        raise EntrepotError(
            f"Spark is not installed in this environment ({missing.name} is missing). Nothing was built. `make spark` installs "
            "it into .venv-spark, from requirements-spark.lock."
        ) from missing
    at.export()
    at.spark_home.mkdir(parents=True, exist_ok=True)
    log = at.spark_home / "build.log"
    console.print(f"What dbt says goes to {log}", soft_wrap=True, highlight=False)
    with at.writer(), _spoken_to(log):
        return spark_build.build(at, lambda step: console.print(step, highlight=False), force)


@contextmanager
def _spoken_to(log: Path) -> Iterator[None]:
    """dbt repeats each of its lines, and Dagster complains of a full disk at each of its own; a file keeps them."""
    with log.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        yield


def _summary(at: Settings, publication: "Publication", seconds: float) -> None:
    console.print(f"\nRelease {publication.release_id}\n", highlight=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("mart")
    table.add_column("rows", justify="right")
    for mart, rows in publication.marts.items():
        table.add_row(mart, f"{rows:,}")
    console.print(table)
    warned = f", {publication.tests_warned} with a warning" if publication.tests_warned else ""
    console.print(f"\n{publication.tests_passed} tests passed{warned}. {seconds:.0f} s.")
    with duckdb.connect(str(at.current_file), read_only=True) as reader:
        balances = reader.execute(HEADLINE).fetchall()
    console.print("\nKorea and the United States in 2024, billion USD:")
    for ledger, exports, imports, balance in balances:
        console.print(f"  ledger {ledger:<7} exports {exports:8.3f}  imports {imports:8.3f}  balance {balance:+8.3f}")
    console.print(f"\nRead it at {at.current_file}", soft_wrap=True)
    console.print("Try next, what the American books said of Korea in April 2023:", highlight=False)
    command = "entrepot" if which("entrepot") else sys.argv[0]
    console.print(f'  {command} query "{NEXT}"', soft_wrap=True, highlight=False)


@app.command()
def fetch(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources such as kcs, or tables such as kcs/country_totals; default all.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM", help="First month; default what may have been revised.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM", help="Last month; default the last one that is due.")
    ] = None,
    partners: Annotated[
        str | None, typer.Option(metavar="US,CN,…", help="ISO country codes, for tables asked partner by partner.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would be asked; nothing is sent.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Ask also for what was answered lately.")] = False,
    smaller: Annotated[
        bool, typer.Option("--smaller", help="Keep a printing though it has far fewer rows than the one before it.")
    ] = False,
) -> None:
    """Ask publishers for new figures and keep each printing. `entrepot build` then loads them.

    What did not change adds nothing. Stop it with Ctrl-C and run it again: it goes on where it ended, also on the next
    day when a publisher's calls of a day are used up. A source whose key is missing is passed over. Keys come from the
    environment (ENTREPOT_KCS_KEY=…) or from ~/.config/entrepot/secrets.env, which only you may read.

    `baci` is asked by name alone: it is one file of 700 MB. `yahoo` (equity indices) is no official service and its terms
    forbid passing the data on: it is off until you set ENTREPOT_ACCEPTED_TERMS=yahoo.
    """
    with _told():
        from orchestration import fetch as fetching
        from orchestration import fetch_shown as shown

        at = settings()
        asked = fetching.Asked(
            first=shown.month(first, "--from"),
            last=shown.month(last, "--to"),
            partners=shown.partners(partners),
            again=again,
            smaller=smaller,
        )
        asked_of = shown.chosen(sources or [])
        with fetching.only_one(at, asked_of):
            parts = fetching.plan(at, asked_of, asked)
            if plan:
                console.print(shown.plan(parts))
                return
            with shown.bar(console, parts) as tell:
                try:
                    fetching.run(at, parts, asked, tell)
                except KeyboardInterrupt:
                    raise EntrepotError(
                        f"Interrupted. {sum(part.outcomes['kept'] for part in parts)} releases were added and stay. "
                        "Run the same command again: it goes on where it ended."
                    ) from None
        console.print(shown.summary(parts))
        shown.raise_failures(parts)


@app.command()
def status() -> None:
    """Show what is served, how fresh each source is, what is in quarantine, and the last runs."""
    with _told():
        from orchestration import inbox

        at = settings()
        last = _published(at)
        age = datetime.now(UTC).replace(tzinfo=None) - last.published_at
        console.print(
            f"Served: release {last.release_id}, {_ago(age.total_seconds())} old, {at.current_file}", soft_wrap=True
        )
        console.print(f"Tests: {last.tests_passed} passed, {last.tests_warned} warned. Code {last.code_version}.")
        if last.fingerprint != fingerprint(at):
            console.print(
                "Something changed since (code, seeds, archive or landing files): `entrepot build` makes a new release.",
                soft_wrap=True,
            )
        with duckdb.connect(str(at.current_file), read_only=True) as reader:
            console.print(_health(reader))
            console.print(_due(reader), soft_wrap=True, highlight=False)
            if brought := _inbox(reader):
                console.print(brought)
        if waiting := inbox.waiting(at):
            console.print(f"\nIn the inbox and not yet built: {', '.join(waiting)}", soft_wrap=True)
        for line in _terms(at):
            console.print(line, soft_wrap=True)
        console.print(_runs(at))


def _terms(at: Settings) -> list[str]:
    """Sources that ask for a person's consent, on or off, and on what terms."""
    from orchestration.source import discover

    return [
        f"\n{source.name} is {'on' if at.accepts(source.name) else 'off'}: {source.access.terms} "
        f"ENTREPOT_ACCEPTED_TERMS={source.name} turns it on."
        for source in discover()
        if source.access.terms
    ]


def _health(reader: duckdb.DuckDBPyConnection) -> Table:
    table = Table(title="\nSources", title_justify="left", box=None, pad_edge=False)
    table.padding = (0, 1, 0, 0)  # all of it fits 80 columns, as a pipe has
    for name in ("table", "latest", "due", "days\nlate"):
        table.add_column(name, overflow="fold")
    for name in ("files", "rows", "set\naside", "warn-\nings"):
        table.add_column(name, justify="right")
    rows = reader.execute(
        "select source_name, table_name, strftime(latest_period_month, '%Y-%m'), strftime(expected_period_month, '%Y-%m'), "
        "late_days, release_count, row_count, quarantined_row_count, failed_test_count from marts.data_health order by all"
    ).fetchall()
    for source, name, latest, due, late, *counts in rows:
        lateness = "–" if late is None else f"{late:,}"
        table.add_row(f"{source}.{name}", latest or "none", due, lateness, *(f"{count or 0:,}" for count in counts))
    return table


def _due(reader: duckdb.DuckDBPyConnection) -> str:
    """What publishers owe today, by their calendars, of the tables that can be fetched."""
    from orchestration import release_calendar
    from orchestration.source import discover

    lags = {
        (source.name, table.name): table.release_lag_days
        for source in discover()
        for table in source.tables
        if table.fetch is not None
    }
    rows = reader.execute("select source_name, table_name, latest_period_month from marts.data_health").fetchall()
    held = {(source, table): month for source, table, month in rows if (source, table) in lags}
    return "\n".join(["\nDue", *release_calendar.told(held, lags, datetime.now(UTC).date())])


def _inbox(reader: duckdb.DuckDBPyConnection) -> Table | None:
    """What of the user's own files was set aside, by file and reason."""
    rows = reader.execute(
        "select brought_path, quarantine_reason, count(*) from marts.quarantine "
        "where source_name = 'inbox' group by all order by all"
    ).fetchall()
    if not rows:
        return None
    table = Table(title="\nSet aside of the inbox", title_justify="left", box=None, pad_edge=False)
    for name in ("file", "reason"):
        table.add_column(name, overflow="fold")
    table.add_column("rows", justify="right")
    for path, reason, count in rows:
        table.add_row(visible(path), visible(reason), f"{count:,}")
    return table


def _runs(at: Settings) -> Table:
    """The last releases: each is the end of a run that passed its tests."""
    table = Table(title="\nReleases kept", title_justify="left", box=None, pad_edge=False)
    for name in ("release", "published (UTC)", "code"):
        table.add_column(name)
    table.add_column("rows", justify="right")
    for folder in reversed(release_folders(at.serving)):
        try:
            publication = read_manifest(folder)
        except EntrepotError:
            table.add_row(folder.name, "damaged", "see `verify`")
            continue
        rows = sum(publication.marts.values())
        moment = f"{publication.published_at:%Y-%m-%d %H:%M}"
        table.add_row(publication.release_id, moment, publication.code_version, f"{rows:,}")
    return table


@app.command()
def verify() -> None:
    """Read all that is kept and say what is damaged and how it comes back. Changes nothing; exit code 1 if not whole."""
    with _told():
        from orchestration import verify as verifying

        parts = verifying.parts(settings())
        with verifying.bar(console, len(parts)) as tell:
            findings = verifying.read(parts, tell)
        console.print(verifying.table(parts, findings))
        if findings:
            raise typer.Exit(1)


@app.command()
def serve(port: Annotated[int, typer.Option(help="0 takes any free port.")] = 8000) -> None:
    """Show the page of the served release on this machine only, until Ctrl-C. A new release is seen at the next load."""
    with _told():
        at = settings()
        _published(at)

        from orchestration.publishing.serve import HOST, server

        with server(at.current / "site", port) as listening:
            console.print(f"The page is at http://{HOST}:{listening.server_address[1]}/ (Ctrl-C ends).")
            try:
                listening.serve_forever()
            except KeyboardInterrupt:
                console.print("Ended.")


@app.command()
def publish(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="postgresql://USER@HOST/DATABASE",
            help="Where; the password from PGPASSWORD or ~/.pgpass, so that no list of processes shows it.",
        ),
    ],
    schema: Annotated[str, typer.Option(help="The schema that holds the marts; it is replaced whole.")] = "marts",
    reader_role: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE", help="Who may read; made if missing.  [default: SCHEMA_reader]", show_default=False
        ),
    ] = None,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long open transactions of readers are waited for.")
    ] = 60,
) -> None:
    """Copy the served release to PostgreSQL, for teams on a network.

    The marts, their comments and keys go into a new schema, are counted, and are swapped in by one transaction: readers
    have the old release or the new one, never half of one, also when this is killed. `grant marts_reader to anna;` lets
    anna read. Needs the extra `postgres`; docs/connect.md says more.
    """
    with _told():
        from orchestration.publishing import postgres, postgres_address

        at = settings()
        target = postgres_address.address(to)
        release = _published(at).release_id
        if target.holds_password:
            errors.print(
                "Others on this machine can see the password of --to in the list of processes; PGPASSWORD and ~/.pgpass "
                "keep it from them.",
                soft_wrap=True,
            )
        console.print(f"Copying release {release} to {target.shown}", highlight=False, soft_wrap=True)
        copied = postgres.publish(
            at.serving,
            target,
            schema=schema,
            reader_role=reader_role,
            wait_seconds=wait,
            progress=lambda mart, rows: console.print(f"  {mart:<26} {rows:>12,} rows", highlight=False),
        )
        for note in copied.notes:
            errors.print(f"Note: {note}", highlight=False, soft_wrap=True)
        console.print(
            f"Readers of schema {schema} have release {copied.release_id}, {copied.rows:,} rows.",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def query(
    sql: Annotated[str | None, typer.Argument(help="One SELECT; schema marts needs no prefix.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Read the SELECT from a file instead.", exists=True, dir_okay=False)
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help=f"Print CSV, all rows. {spreadsheet.HELP}")] = False,
    warehouse: Annotated[
        bool, typer.Option("--warehouse", help="Ask the build file instead of the release; not while a build runs.")
    ] = False,
) -> None:
    """Ask the served release one question in SQL (read-only). It reads no other file and opens no other database."""
    with _told():
        at = settings()
        if (sql is None) == (file is None):
            raise EntrepotError("Give one SELECT, as an argument or with --file.")
        statement = sql if sql is not None else file.read_text(encoding="utf-8") if file is not None else ""
        with question.answered(_asked(at, warehouse), statement) as answer:
            if csv:
                spreadsheet.write(answer, sys.stdout)
            else:
                answer.show(max_width=console.width, max_rows=60)


@app.command()
def claims(
    evidence: Annotated[bool, typer.Option("--evidence", help="Show the SQL behind each verdict.")] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help=f"Print CSV: the mart headline_claims. {spreadsheet.HELP}")
    ] = False,
) -> None:
    """Show what was claimed, what each ledger says of it, then and now, and the verdict."""
    with _told(), _reading() as reader:
        if csv:
            answer = reader.sql("from marts.headline_claims order by made_on_date, claim_id, ledger_code")
            spreadsheet.write(answer, sys.stdout)
        else:
            console.print(briefing.claims(briefing.rows(reader, briefing.CLAIMS), console.width, evidence))


@app.command()
def headlines(
    event: Annotated[str | None, typer.Argument(help="One event_id: its reactions and the trade after it.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help=f"Print CSV, one line per headline. {spreadsheet.HELP}")] = False,
) -> None:
    """Show the headlines, what they are to trade, and whether a market moved beyond its normal."""
    with _told(), _reading() as reader:
        if csv:
            spreadsheet.write(reader.sql(briefing.HEADLINES), sys.stdout)
            return
        found = briefing.rows(reader, briefing.HEADLINES)
        if event is None:
            console.print(briefing.headlines(found, console.width))
            return
        asked = [headline for headline in found if headline["event_id"] == event]
        if not asked:
            known = ", ".join(headline["event_id"] for headline in found)
            raise EntrepotError(f"There is no headline {event}. There are {known}.")
        reactions = briefing.rows(reader, briefing.REACTIONS, event)
        console.print(briefing.headline(asked[0], reactions, briefing.rows(reader, briefing.RESPONSES, event)))


@contextmanager
def _reading() -> Iterator[duckdb.DuckDBPyConnection]:
    at = settings()
    _published(at)
    try:
        with duckdb.connect(str(at.current_file), read_only=True) as reader:
            yield reader
    except duckdb.CatalogException as problem:
        raise EntrepotError(
            f"The release in {at.serving} was built by an older version. Run `entrepot build`. {problem}"
        ) from problem


def _asked(at: Settings, warehouse: bool) -> Path:
    if not warehouse:
        _published(at)
        return at.current_file
    if not at.warehouse.is_file():
        raise EntrepotError(f"There is no build file {at.warehouse} yet. Run `entrepot build`, or set ENTREPOT_HOME.")
    return at.warehouse


def _published(at: Settings) -> "Publication":
    publication = current(at.serving)
    if publication is None:
        raise EntrepotError(f"Nothing is published in {at.serving} yet. Run `entrepot build`, or set ENTREPOT_HOME.")
    return publication


def _ago(seconds: float) -> str:
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "less than a minute"
