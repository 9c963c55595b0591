"""Old runs are forgotten; those that the partition view needs, and the newest, stay."""

from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterInstance, job, op

from orchestration import housekeeping
from orchestration.housekeeping import forget_runs


def names(instance: DagsterInstance) -> list[str]:
    return sorted(run.job_name for run in instance.get_runs())


def test_old_runs_are_forgotten_but_for_those_that_fetched_months(monkeypatch: pytest.MonkeyPatch) -> None:
    @op
    def nothing() -> None: ...

    @job
    def build() -> None:
        nothing()

    @job
    def fetch_kcs() -> None:
        nothing()

    monkeypatch.setattr(housekeeping, "KEPT_AT_LEAST", 1)
    now = datetime.now(UTC)
    with DagsterInstance.ephemeral() as instance:
        for made in (fetch_kcs, build, build, build):
            made.execute_in_process(instance=instance)
        assert forget_runs(instance, now - timedelta(days=90), {"fetch_kcs"}) == 0
        assert names(instance) == ["build", "build", "build", "fetch_kcs"]
        assert forget_runs(instance, now + timedelta(hours=1), {"fetch_kcs"}) == 2
        assert names(instance) == ["build", "fetch_kcs"]
