"""A year in minutes: twelve Korean releases, corrections, flash figures, two outages, a change of form; then all files at once.

Slow: `make year`. Schedules, fetching, loading and models are the server's own; only the clock and the publishers are
the test's. At the end the warehouse that grew month by month is the one that all its files make at once.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence, Set
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetKey, AssetSelection, DagsterInstance, build_schedule_context
from dagster._core.instance.ref import InstanceRef
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.landing import releases
from orchestration.release_calendar import rules_of
from orchestration.schedules import fetch_schedule
from orchestration.settings import settings
from orchestration.source import discover, month_after
from tests.conftest import ENTREPOT
from tests.faults.publishers import census, kcs
from tests.faults.publishers.fetching import QUICK
from tests.faults.publishers.server import Answer, serving

from .publishers import America, Korea, last_rows

FIRST, LAST = datetime(2025, 7, 1, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)
NEW_MONTHS = [month_after(date(2025, 6, 1), count) for count in range(12)]
FOLLOWED = {"kcs": {"country_totals", "flash_partner_exports"}, "census": {"country_imports", "country_exports"}}
EACH_QUARTER = ("surplus_vintages", "surplus_revisions")
MODELS_ALONE = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
MARTS = (
    "surplus_flash",
    "surplus_monthly",
    "surplus_annual",
    "surplus_vintages",
    "surplus_revisions",
    "surplus_mirror",
)

OUTAGE, RENAMED, USED_UP = date(2025, 12, 15), date(2026, 1, 15), date(2026, 3, 16)


class Year:
    """A home that lives through a year, and the two publishers that it asks."""

    def __init__(self, korea: Korea, america: America, instance: DagsterInstance) -> None:
        self.korea, self.america, self.instance = korea, america, instance
        self.now = FIRST
        self.failed: list[date] = []
        self.asked: list[date] = []
        self.releases = 0

    def live(self) -> None:
        """Every tick of both schedules, in the order of time; a build after every third Korean release.

        Each build is a start of dbt and as long as the first: a build a month would triple the time and read the same printings.
        """
        for moment, source in sorted(self._ticks(), key=lambda tick: tick[0]):
            self.now = moment.astimezone(UTC)
            self.korea.now = self.america.now = moment.date()
            self._weather()
            wanted = self._wanted(source, moment)
            came = bool(wanted) and self._fetch(wanted, moment.date())
            if came and any(key.path[-1] == "country_totals" for key in wanted):
                self.releases += 1
                if self.releases % 3 == 0:
                    self.build(EACH_QUARTER)

    def build(self, marts: Sequence[str]) -> None:
        """Loads what came and makes the marts that are asked for, with all that they read; none loads alone."""
        self._run(list(_loaded_for(MARTS)))
        if not marts:
            return
        at = settings()
        folders = ("--project-dir", at.dbt_project, "--profiles-dir", at.dbt_project, "--target-path", at.dbt_target)
        chosen = ("--select", *(f"+{mart}" for mart in marts), *MODELS_ALONE)
        made = subprocess.run([ENTREPOT.with_name("dbt"), "build", *folders, *chosen], capture_output=True, text=True)
        assert made.returncode == 0, made.stdout[-4000:]

    def _ticks(self) -> Iterator[tuple[datetime, str]]:
        for source in discover():
            if source.name in FOLLOWED:
                schedule = fetch_schedule(source)
                zone = schedule.execution_timezone or "UTC"
                for moment in schedule_execution_time_iterator(FIRST.timestamp(), schedule.cron_schedule, zone):
                    if moment >= LAST:
                        break
                    yield moment, source.name

    def _weather(self) -> None:
        day = self.korea.now
        self.korea.broken = {
            OUTAGE: Answer(b"", 503, "text/html"),
            USED_UP: kcs.gateway("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR"),
        }.get(day)
        self.korea.renamed, self.korea.added = day == RENAMED, day > RENAMED

    def _wanted(self, source: str, moment: datetime) -> list[AssetKey]:
        (found,) = [each for each in discover() if each.name == source]
        answer = fetch_schedule(found).evaluate_tick(build_schedule_context(scheduled_execution_time=moment))
        keys = [key for request in answer.run_requests or [] for key in request.asset_selection or []]
        return [key for key in keys if key.path[-1] in FOLLOWED[source]]

    def _fetch(self, keys: list[AssetKey], day: date) -> bool:
        before = len(list(settings().landing.rglob("*.parquet")))
        if "kcs" in keys[0].path:
            self.asked.append(day)
        if not self._run(keys, raise_on_error=False):
            self.failed.append(day)
        return len(list(settings().landing.rglob("*.parquet"))) > before

    def _run(self, keys: list[AssetKey], raise_on_error: bool = True) -> bool:
        from orchestration.definitions import defs

        job = defs.resolve_implicit_global_asset_job_def()
        ended = job.execute_in_process(asset_selection=keys, instance=self.instance, raise_on_error=raise_on_error)
        return ended.success


def _loaded_for(marts: Sequence[str]) -> Set[AssetKey]:
    """The landing and the raw tables that some marts read."""
    from orchestration.definitions import defs

    chosen = AssetSelection.assets(*(AssetKey(["marts", mart]) for mart in marts)).upstream()
    tables = {AssetKey([source.name, table.name]) for source in discover() for table in source.tables}
    raw = chosen.resolve(defs.resolve_asset_graph()) & tables
    return raw | {AssetKey(["landing", *key.path]) for key in raw}


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def memory() -> int:
    """Bytes that this process holds now."""
    pages = Path("/proc/self/statm").read_text().split()[1] if Path("/proc/self/statm").exists() else "0"
    return int(pages) * 4096


def differing(mart: str, one: Path, other: Path) -> list[Any]:
    with duckdb.connect() as both:
        both.execute(f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)")
        rows = f"select 'one' as home, * from (from one.marts.{mart} except all from other.marts.{mart})"
        return both.execute(
            f"{rows} union all select 'other', * from (from other.marts.{mart} except all from one.marts.{mart}) limit 5"
        ).fetchall()


@pytest.fixture
def year(trimmed_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    home = tmp_path / "home"
    monkeypatch.setenv("ENTREPOT_HOME", str(home))
    monkeypatch.setenv("ENTREPOT_ARCHIVE", str(trimmed_archive))
    monkeypatch.setenv("ENTREPOT_SECRETS", str(tmp_path / "none.env"))
    monkeypatch.setenv("ENTREPOT_KCS_KEY", kcs.WORKING_KEY)
    monkeypatch.setenv("ENTREPOT_CENSUS_KEY", census.WORKING_KEY)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    for name, value in QUICK.model_dump().items():
        monkeypatch.setenv(f"ENTREPOT_PATIENCE__{name.upper()}", str(value))
    korea = Korea(list(last_rows(trimmed_archive, "kcs/country_totals*.parquet", "2025.05", "year")), printed("kcs", 1))
    flows = {"imports": "country_imports", "exports": "country_exports"}
    rows = {
        flow: list(last_rows(trimmed_archive, f"census/{table}*.parquet", "2024-12", "time"))
        for flow, table in flows.items()
    }
    america = America(rows, printed("census", 2))
    settings().prepare()
    with serving() as served, DagsterInstance.from_ref(InstanceRef.from_dir(str(home / "dagster"))) as instance:
        served.always(kcs.HOST, korea)
        served.always(census.HOST, america)
        monkeypatch.setenv("ENTREPOT_FETCH_VIA", served.address)
        lived = Year(korea, america, instance)
        monkeypatch.setattr("orchestration.fetch.now_utc", lambda: lived.now)
        yield lived


def printed(source: str, months_back: int) -> dict[date, date]:
    """The day on which each month is first printed, by the calendar."""
    rule = next(rule for rule in rules_of(source, "country_totals") if rule.months_back == months_back)
    found: dict[date, date] = {}
    for day in rule.days(date(2025, 1, 1), date(2026, 6, 30)):
        month = rule.month(day)
        if month is not None:
            found[month] = day
    return found


def test_a_year_month_by_month_is_the_year_at_once(
    year: Year, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    year.build(MARTS)
    home = settings().home
    start = memory(), size(home)
    year.live()
    year.build(MARTS)
    end = memory(), size(home)

    came = {kept.period_from: kept for kept in reversed(releases(settings().landing, "kcs", "country_totals"))}
    days = {month: came[month].known_from.date() for month in NEW_MONTHS}
    late = {
        date(2025, 11, 1): date(2025, 12, 16),
        date(2025, 12, 1): date(2026, 1, 16),
        date(2026, 2, 1): date(2026, 3, 17),
    }
    assert days == {month: late.get(month, year.korea.printed[month]) for month in NEW_MONTHS}
    assert [day for day in year.failed if day in (OUTAGE, RENAMED)] == [OUTAGE, RENAMED]
    assert USED_UP not in year.failed

    with duckdb.connect(str(settings().warehouse), read_only=True) as warehouse:
        vintages = warehouse.execute(
            "select cast(known_from as date), value_usd from marts.surplus_vintages where flow_code = 'export' "
            "and ledger_code = 'kcs' and partner_iso3 = 'USA' and period_month = date '2025-06-01' order by 1"
        ).fetchall()
        flash = warehouse.execute(
            "select period_month, cast(known_from as date) from marts.surplus_flash where window_code = 'whole_month' "
            "and partner_iso3 = 'USA' and flow_code = 'export' and period_month >= date '2025-06-01' order by 1"
        ).fetchall()
    assert [known for known, _ in vintages] == [date(2025, 7, 15), date(2025, 8, 18), date(2026, 2, 25)]
    assert vintages[0][1] < vintages[1][1] < vintages[2][1]
    assert flash == [(month, month_after(month)) for month in NEW_MONTHS]

    at_once = tmp_path / "at once"
    (at_once / "landing").parent.mkdir()
    shutil.copytree(home / "landing", at_once / "landing")
    monkeypatch.setenv("ENTREPOT_HOME", str(at_once))
    settings().prepare()
    year.build(MARTS)
    for mart in MARTS:
        assert differing(mart, home / "warehouse.duckdb", at_once / "warehouse.duckdb") == [], mart

    with capfd.disabled():
        print(  # noqa: T201
            f"\nmemory {start[0] / 1e6:.0f} MB at the start, {end[0] / 1e6:.0f} MB after a year; home {start[1] / 1e6:.0f} MB "
            f"and {end[1] / 1e6:.0f} MB; asked on {len(year.asked)} days, failed on {year.failed}"
        )
    assert end[0] < start[0] + 500e6
    assert end[1] < 3 * start[1]
