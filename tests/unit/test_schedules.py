"""A year of ticks: each source is asked when its publisher has printed, summer time and holidays included."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dagster import (
    AssetKey,
    AssetSelection,
    AutomationCondition,
    DagsterInstance,
    DefaultScheduleStatus,
    Definitions,
    FreshnessPolicy,
    MonthlyPartitionsDefinition,
    RunRequest,
    asset,
    build_schedule_context,
    evaluate_automation_conditions,
    materialize,
)
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.fetched import fetched_asset, freshness, live_tables
from orchestration.schedules import fetch_schedule, something_came, something_changed
from orchestration.source import RawTable, Source, discover

LIVE = {source.name: source for source in discover() if source.is_live}
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENTREPOT_HOME", str(tmp_path))
    monkeypatch.setenv("ENTREPOT_SECRETS", str(tmp_path / "none.env"))
    for source in LIVE.values():
        if source.access.key_from:
            monkeypatch.setenv(f"ENTREPOT_{source.name.upper()}_KEY", "a key")


@pytest.fixture
def all_landed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.schedules.months_held", lambda *_: {date(2100, 1, 1)})


def ticks(source: Source, first: datetime, last: datetime) -> Iterator[datetime]:
    """As the daemon finds them: the cron's moments in the schedule's zone."""
    schedule = fetch_schedule(source)
    zone = schedule.execution_timezone
    assert zone is not None
    for moment in schedule_execution_time_iterator(first.timestamp(), schedule.cron_schedule, zone):
        if moment >= last:
            return
        yield moment


def days_of(table: str, first: datetime = YEAR[0], last: datetime = YEAR[1]) -> list[date]:
    """The days on which a run is started that asks Korea for that table."""
    return [moment.date() for moment, tables in asked(LIVE["kcs"], first, last).items() if table in tables]


def asked(source: Source, first: datetime = YEAR[0], last: datetime = YEAR[1]) -> dict[datetime, set[str]]:
    """The ticks that start a run, in the schedule's zone, and the tables it is about."""
    schedule = fetch_schedule(source)
    found = {}
    for moment in ticks(source, first, last):
        answer = schedule.evaluate_tick(build_schedule_context(scheduled_execution_time=moment))
        for request in answer.run_requests or []:
            assert isinstance(request, RunRequest)
            found[moment] = {key.path[-1] for key in request.asset_selection or []}
    return found


def test_korea_is_asked_twelve_times_and_once_for_the_final_year(all_landed: None) -> None:
    expected = [(1, 15), (2, 19), (2, 25), (3, 16), (4, 15), (5, 15), (6, 15), (7, 15), (8, 18), (9, 15), (10, 15)]
    assert days_of("country_totals") == [date(2026, *day) for day in [*expected, (11, 16), (12, 15)]]


def test_flash_figures_are_asked_for_three_times_a_month_and_not_with_the_monthly_ones(all_landed: None) -> None:
    days = days_of("flash_partner_exports")
    assert len(days) == 36
    # The 1st stays the 1st, also on New Year's Day; the 11th and the 21st of January 2026 are a Sunday and a Wednesday.
    assert days[:3] == [date(2026, 1, 1), date(2026, 1, 12), date(2026, 1, 21)]


def test_america_is_asked_on_the_day_of_ft_900_half_an_hour_after_it(all_landed: None) -> None:
    moments = list(asked(LIVE["census"]))
    assert len(moments) == 12
    assert {(moment.hour, moment.minute) for moment in moments} == {(9, 0)}
    assert datetime(2026, 10, 6, 9, tzinfo=ZoneInfo("America/New_York")) in moments
    assert {moment.astimezone(UTC).hour for moment in moments} == {13, 14}


def test_the_ecb_is_asked_at_a_quarter_past_four_in_frankfurt_on_its_working_days(all_landed: None) -> None:
    moments = list(asked(LIVE["ecb"]))
    assert len(moments) == 256
    assert Counter((moment.hour, moment.minute) for moment in moments) == {(16, 15): 256}
    changes = [date(2026, 3, 27), date(2026, 3, 30), date(2026, 10, 23), date(2026, 10, 26)]
    in_utc = {moment.date(): moment.astimezone(UTC).hour for moment in moments}
    assert [in_utc[day] for day in changes] == [15, 14, 14, 15]


def test_headlines_are_asked_every_hour_of_a_day() -> None:
    a_day = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
    assert len(asked(LIVE["rss"], *a_day)) == len(asked(LIVE["gdelt"], *a_day)) == 24


def test_a_month_that_did_not_come_is_looked_for_each_day_until_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    came = {date(2026, 9, 1)}
    monkeypatch.setattr("orchestration.schedules.months_held", lambda *_: came)
    first, last = datetime(2026, 11, 14, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    assert [day.day for day in days_of("country_totals", first, last)] == [16, 17, 18, 19]
    came.add(date(2026, 10, 1))
    assert [day.day for day in days_of("country_totals", first, last)] == [16]


def test_a_source_without_its_key_is_passed_over_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTREPOT_KCS_KEY")
    moment = datetime(2026, 11, 16, 10, tzinfo=ZoneInfo("Asia/Seoul"))
    answer = fetch_schedule(LIVE["kcs"]).evaluate_tick(build_schedule_context(scheduled_execution_time=moment))
    assert not answer.run_requests
    assert "kcs is switched off, no key" in str(answer.skip_message)


@pytest.mark.parametrize("name", sorted(LIVE))
def test_a_schedule_is_off_until_it_is_switched_on(name: str) -> None:
    schedule = fetch_schedule(LIVE[name])
    assert schedule.default_status == DefaultScheduleStatus.STOPPED
    assert schedule.execution_timezone


def test_a_source_that_the_calendar_does_not_name_is_looked_at_every_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.schedules.rules_of", lambda *_: [])
    a_week = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
    moments = list(asked(LIVE["ecos"], *a_week))
    assert [(moment.hour, str(moment.tzinfo)) for moment in moments] == [(6, "Asia/Seoul")] * 7


OWING = {"kcs", "census", "ecb", "ecos"}


def is_brought(table: RawTable) -> bool:
    """A person saves its file: no run can bring it, and none is late."""
    return table.fetch is not None and table.fetch.bulk is not None and bool(table.fetch.bulk.by_hand)


@pytest.mark.parametrize("name", sorted(OWING))
def test_a_table_is_fresh_as_long_as_its_publisher_is_on_time(name: str, all_landed: None) -> None:
    """Each tick of the year brings what was due. The longest wait between two of them is the policy, less a day to fetch."""
    source = LIVE[name]
    runs = asked(source)
    for table in live_tables(source):
        policy = freshness(source, table, YEAR[0].date())
        if is_brought(table):
            assert policy is None
            continue
        assert isinstance(policy, TimeWindowFreshnessPolicy)
        moments = [moment.astimezone(UTC) for moment, tables in runs.items() if table.name in tables]
        longest = max(later - earlier for earlier, later in pairwise(moments))
        a_day = timedelta(days=1)
        assert longest <= policy.fail_window.to_timedelta() - a_day <= longest + a_day


@pytest.mark.parametrize(
    ("name", "days"), [("rss", 2), ("gdelt", 2), ("comtrade", None), ("fred", None), ("yahoo", None)]
)
def test_headlines_come_every_day_and_who_sends_when_it_can_is_never_late(name: str, days: int | None) -> None:
    policies = {freshness(LIVE[name], table, YEAR[0].date()) for table in live_tables(LIVE[name])}
    assert policies == {FreshnessPolicy.time_window(fail_window=timedelta(days=days)) if days else None}


def test_the_fetched_table_carries_its_policy() -> None:
    source = LIVE["kcs"]
    table = source.table("country_totals")
    assert table.fetch is not None
    (spec,) = fetched_asset(source, table, table.fetch).specs
    assert isinstance(spec.freshness_policy, TimeWindowFreshnessPolicy)
    assert timedelta(days=29) < spec.freshness_policy.fail_window.to_timedelta() < timedelta(days=40)


MONTHS = MonthlyPartitionsDefinition("2026-01", fmt="%Y-%m")


def chain(came: Any, changed: Any) -> Definitions:
    """A fetched table by months, and three steps below it; the third reads a table that Dagster never sees made."""

    @asset(partitions_def=MONTHS)
    def fetched() -> None: ...

    @asset(deps=[fetched], automation_condition=came)
    def landed() -> None: ...

    @asset(deps=[landed], automation_condition=changed)
    def loaded() -> None: ...

    @asset(deps=[loaded, AssetKey("account_of_the_loader")], automation_condition=changed)
    def mart() -> None: ...

    return Definitions([fetched, landed, loaded, mart])


def requested(made: Definitions, *keys: str) -> list[int]:
    """How many are requested at a first look, after one month of many came, and at the next look."""
    instance = DagsterInstance.ephemeral()
    selection = AssetSelection.assets("landed", "loaded", "mart")
    looked = evaluate_automation_conditions(made, instance, asset_selection=selection)
    counts = [looked.total_requested]
    fetched = made.get_assets_def("fetched")
    materialize([fetched], partition_key="2026-01", instance=instance)
    for _ in range(2):
        looked = evaluate_automation_conditions(made, instance, asset_selection=selection, cursor=looked.cursor)
        counts.append(looked.total_requested)
    return counts


def test_one_new_month_builds_all_that_follows_once() -> None:
    assert requested(chain(something_came([AssetKey("fetched")]), something_changed())) == [0, 3, 0]


def test_plain_eager_would_wait_for_every_month_and_never_build() -> None:
    assert requested(chain(AutomationCondition.eager(), AutomationCondition.eager())) == [0, 0, 0]


def test_the_pool_of_a_source_is_its_own() -> None:
    kcs = LIVE["kcs"]
    for table in live_tables(kcs):
        assert table.fetch is not None
        made = fetched_asset(kcs, table, table.fetch)
        assert made.op.pool == "fetch_kcs"
