"""Fetching by Dagster, over the wire: the same story as the command tells, months as partitions, no failure that spreads."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import AssetKey, AssetsDefinition, DagsterInstance, SensorResult, build_sensor_context, materialize
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from orchestration.fetch import Asked, plan
from orchestration.fetch_shown import chosen
from orchestration.fetched import fetched_asset, landed_sensor
from orchestration.source import Source, discover

from . import census, kcs
from .fetching import QUICK, Desk
from .server import Answer
from .server import Asked as Request

TOTALS = AssetKey(["fetched", "kcs", "country_totals"])
BY_NAME = {source.name: source for source in discover()}
BOTH = ("country_imports", "country_exports")
A_YEAR = [f"2025-{month:02}" for month in range(1, 13)]


@pytest.fixture
def dagster_desk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The environment of a server: keys, a home, and local publishers."""
    desk.served.always(kcs.HOST, kcs.publisher)
    desk.served.always(census.HOST, census.publisher)
    monkeypatch.setenv("ENTREPOT_HOME", str(desk.home))
    monkeypatch.setenv("ENTREPOT_FETCH_VIA", desk.served.address)
    monkeypatch.setenv("ENTREPOT_KCS_KEY", kcs.WORKING_KEY)
    monkeypatch.setenv("ENTREPOT_CENSUS_KEY", census.WORKING_KEY)
    for name, value in QUICK.model_dump().items():
        monkeypatch.setenv(f"ENTREPOT_PATIENCE__{name.upper()}", str(value))
    return desk


@pytest.fixture
def instance() -> DagsterInstance:
    return DagsterInstance.ephemeral()


def fetched(source: str, table: str, **changes: object) -> AssetsDefinition:
    found: Source = replace(BY_NAME[source], **changes)  # type: ignore[arg-type]
    declared = found.table(table)
    assert declared.fetch is not None
    return fetched_asset(found, declared, declared.fetch)


def backfill(made: AssetsDefinition, first: str, last: str, instance: DagsterInstance) -> bool:
    """As the backfill daemon launches it: one run for the range."""
    tags = {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
    return materialize([made], tags=tags, instance=instance, raise_on_error=False).success


@contextmanager
def held_by_another_process(lock: Path) -> Iterator[None]:
    """A lock is of a process: one that this process held would let it in."""
    code = "import sys; from filelock import FileLock; held = FileLock(sys.argv[1]); held.acquire(); print('held', flush=True); sys.stdin.read()"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.close()


def months_shown(instance: DagsterInstance) -> list[str]:
    return sorted(instance.get_materialized_partitions(TOTALS))


def test_a_backfill_is_one_run_and_shows_the_months_that_the_plan_calls_fresh(
    dagster_desk: Desk, instance: DagsterInstance
) -> None:
    assert backfill(fetched("kcs", "country_totals"), "2025-01", "2025-12", instance)
    assert months_shown(instance) == A_YEAR
    assert len(dagster_desk.served.asked) == 12
    (part,) = plan(dagster_desk.at, chosen(["kcs/country_totals"]), Asked(date(2025, 1, 1), date(2026, 1, 1)))
    assert part.fresh == 12
    assert [request.name for request in part.due] == ["2026-01…2026-01"]


def test_a_run_without_a_month_asks_for_what_is_due_and_then_for_nothing(
    dagster_desk: Desk, instance: DagsterInstance
) -> None:
    """Fourteen months back, of which the last is printed on the fifteenth, by Korea's clock."""
    made = fetched("kcs", "country_totals")
    assert materialize([made], instance=instance).success
    asked = len(dagster_desk.served.asked)
    shown = months_shown(instance)
    assert asked == len(shown) == (14 if datetime.now(ZoneInfo("Asia/Seoul")).day >= 15 else 13)
    events = len(instance.fetch_materializations(TOTALS, limit=1000).records)
    assert materialize([made], instance=instance).success
    assert len(dagster_desk.served.asked) == asked
    assert len(instance.fetch_materializations(TOTALS, limit=1000).records) == events


def test_months_that_the_command_fetched_are_shown_too(dagster_desk: Desk, instance: DagsterInstance) -> None:
    part = dagster_desk.fetch("kcs/country_totals", first=date(2025, 1, 1), last=date(2025, 12, 1))
    assert part.outcomes["kept"] == 12
    look = landed_sensor([BY_NAME["kcs"]])
    seen = look(build_sensor_context(instance=instance))
    assert isinstance(seen, SensorResult)
    assert sorted(str(event.partition) for event in seen.asset_events) == A_YEAR
    for event in seen.asset_events:
        instance.report_runless_asset_event(event)  # as the daemon does
    again = look(build_sensor_context(instance=instance))
    assert isinstance(again, SensorResult)
    assert list(again.asset_events) == []


def test_a_month_that_was_not_printed_stays_missing(dagster_desk: Desk, instance: DagsterInstance) -> None:
    def until_june(asked: Request) -> Answer:
        return kcs.publisher(asked) if asked.params["strtYymm"] <= "202506" else kcs.answer([])

    dagster_desk.served.always(kcs.HOST, until_june)
    backfill(fetched("kcs", "country_totals"), "2025-01", "2025-12", instance)
    assert months_shown(instance) == A_YEAR[:6]


def test_a_backfill_ends_with_the_calls_of_the_day_and_goes_on_from_there(
    dagster_desk: Desk, instance: DagsterInstance
) -> None:
    few = replace(BY_NAME["kcs"].access, daily_calls=5, at_once=1)
    assert backfill(fetched("kcs", "country_totals", access=few), "2025-01", "2025-12", instance)
    assert months_shown(instance) == A_YEAR[-5:]
    assert len(dagster_desk.served.asked) == 5
    more = replace(few, daily_calls=100)
    assert backfill(fetched("kcs", "country_totals", access=more), "2025-01", "2025-12", instance)
    assert months_shown(instance) == A_YEAR
    assert len(dagster_desk.served.asked) == 12


def test_a_table_that_fails_costs_the_others_nothing_and_tells_no_key(
    dagster_desk: Desk, instance: DagsterInstance
) -> None:
    dagster_desk.served.always(
        census.HOST,
        lambda asked: census.BAD_KEY if "imports" in asked.path else census.publisher(asked),
    )
    both = [fetched("census", "country_imports"), fetched("census", "country_exports")]
    ended = materialize(both, instance=instance, raise_on_error=False)
    assert not ended.success
    shown = {name: instance.get_materialized_partitions(AssetKey(["fetched", "census", name])) for name in BOTH}
    assert [len(shown[name]) >= 12 for name in BOTH] == [False, True]
    assert shown["country_imports"] == set()
    said = "\n".join(str(record) for record in instance.all_logs(ended.run_id))
    assert "the Bureau answered with its page about a missing or invalid key" in said
    for key in (kcs.WORKING_KEY, census.WORKING_KEY):
        assert key not in said
        assert key not in dagster_desk.kept_text()


def test_a_source_that_is_switched_off_says_where_a_key_comes_from(
    dagster_desk: Desk, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENTREPOT_KCS_KEY")
    ended = materialize([fetched("kcs", "country_totals")], instance=instance)
    assert ended.success
    said = [str(record.user_message) for record in instance.all_logs(ended.run_id)]
    assert any("kcs is switched off, no key: apply for the service" in line for line in said)
    assert dagster_desk.served.asked == []


def test_what_was_asked_before_a_release_is_old_after_it(dagster_desk: Desk) -> None:
    """The printing of 16 November corrects the months before: they are asked again, though four days would be fresh."""
    first, last = date(2026, 7, 1), date(2026, 9, 1)
    before, after = datetime(2026, 11, 13, 3, tzinfo=UTC), datetime(2026, 11, 16, 3, tzinfo=UTC)
    assert dagster_desk.fetch("kcs/country_totals", now=before, first=first, last=last).outcomes["kept"] == 3
    assert dagster_desk.fetch("kcs/country_totals", now=before, first=first, last=last).fresh == 3
    assert dagster_desk.fetch("kcs/country_totals", now=after, first=first, last=last).outcomes["unchanged"] == 3


def test_a_month_that_was_empty_is_asked_again_after_hours_not_days(dagster_desk: Desk) -> None:
    october = date(2026, 10, 1)
    dagster_desk.served.fault(kcs.answer([]))
    at_once, soon, later = (datetime(2026, 11, 17, hour, tzinfo=UTC) for hour in (3, 4, 7))
    assert dagster_desk.fetch("kcs/country_totals", now=at_once, first=october, last=october).outcomes["empty"] == 1
    assert dagster_desk.fetch("kcs/country_totals", now=soon, first=october, last=october).fresh == 1
    assert dagster_desk.fetch("kcs/country_totals", now=later, first=october, last=october).outcomes["kept"] == 1


def test_a_source_that_is_being_fetched_is_not_fetched_by_another_and_the_others_are(
    dagster_desk: Desk, instance: DagsterInstance
) -> None:
    with held_by_another_process(dagster_desk.home / "calls" / "kcs.lock"):
        ended = materialize([fetched("kcs", "country_totals")], instance=instance, raise_on_error=False)
        assert materialize([fetched("census", "country_imports")], instance=instance).success
    assert not ended.success
    assert months_shown(instance) == []
    assert len(instance.get_materialized_partitions(AssetKey(["fetched", "census", "country_imports"]))) >= 12
    said = "\n".join(str(record) for record in instance.all_logs(ended.run_id))
    assert "Another fetch of kcs into" in said
