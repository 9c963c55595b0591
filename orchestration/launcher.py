"""Starts runs as Dagster does by default, and can tell whether the process of a run still lives.

Without that, a run that was killed would be called running for ever, and hold its place in the queue.
"""

from typing import cast

from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRun, DefaultRunLauncher
from dagster._core.events import EngineEventData
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus

from orchestration.holder import lives


class WatchedRunLauncher(DefaultRunLauncher):
    """For one machine: a process of another is not seen from here."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        pid = worker(self._instance, run.run_id)
        if pid is None or lives(pid):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"its process {pid} has died", run_worker_id=str(pid))


def worker(instance: DagsterInstance, run_id: str) -> int | None:
    """The process that said last that it works on the run; None before any did."""
    for record in reversed(instance.all_logs(run_id, of_type=DagsterEventType.ENGINE_EVENT)):
        event = cast(DagsterEvent, record.dagster_event)
        data = event.event_specific_data
        pid = data.metadata.get("pid") if isinstance(data, EngineEventData) else None
        if pid is not None and str(pid.value).isdecimal():
            return int(str(pid.value))
    return None
