"""A run whose process has died is told from one that works."""

import subprocess
import sys

from dagster import DagsterInstance, job, op
from dagster._core.events import EngineEventData
from dagster._core.launcher.base import WorkerStatus

from orchestration.launcher import WatchedRunLauncher, worker


def test_a_run_is_running_while_its_process_lives_and_failed_once_it_has_died() -> None:
    @op
    def nothing() -> None: ...

    @job
    def build() -> None:
        nothing()

    launcher = WatchedRunLauncher()
    assert launcher.supports_check_run_worker_health
    with DagsterInstance.ephemeral() as instance:
        launcher.register_instance(instance)
        run = instance.create_run_for_job(build)
        assert worker(instance, run.run_id) is None
        assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING

        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            instance.report_engine_event("Started process for run.", run, EngineEventData.in_process(process.pid))
            assert worker(instance, run.run_id) == process.pid
            assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
            process.kill()
        dead = launcher.check_run_worker_health(run)
        assert (dead.status, dead.msg) == (WorkerStatus.FAILED, f"its process {process.pid} has died")


def test_the_process_of_a_run_is_known_from_its_own_events() -> None:
    @op
    def nothing() -> None: ...

    @job
    def build() -> None:
        nothing()

    with DagsterInstance.ephemeral() as instance:
        ended = build.execute_in_process(instance=instance)
        assert worker(instance, ended.run_id) is not None
