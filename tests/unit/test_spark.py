"""A cluster that cannot start says why, and one that is gone is not mistaken for another program."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.errors import EntrepotError
from orchestration.settings import Settings
from orchestration.spark import cluster


@pytest.fixture
def at(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def noted(at: Settings, *processes: cluster.Process) -> None:
    at.spark_home.mkdir()
    (at.spark_home / "cluster.json").write_text(cluster.Cluster(port=1, processes=list(processes)).model_dump_json())


def test_without_java_it_says_what_to_install(at: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EntrepotError, match=r"needs Java 17.*Nothing was started.*openjdk-17"):
        cluster.up(at)
    assert not at.spark_home.exists()


def test_a_taken_port_is_named(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_require_java", lambda: None)
    monkeypatch.setattr(cluster, "_spark_home", lambda: at.home)
    monkeypatch.setattr(cluster, "_listens", lambda port: True)
    with pytest.raises(EntrepotError, match=r"Port 10000 .* is taken.*Nothing was started.*ENTREPOT_SPARK__PORT"):
        cluster.up(at)


def test_ending_what_does_not_run_ends_nothing(at: Settings) -> None:
    assert cluster.down(at) == 0
    noted(at, cluster.Process(pid=os.getpid(), main_class="org.apache.spark.deploy.master.Master"))
    assert cluster.down(at) == 0, "this process has that number now, and is no master"
    assert cluster.noted(at.spark_home) is None


def test_a_cluster_that_runs_is_left_as_it_is(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    this = cluster.Process(pid=os.getpid(), main_class=Path(sys.executable).name)
    noted(at, this)
    monkeypatch.setattr(cluster, "_start", lambda *started: pytest.fail("a second one was started"))
    assert cluster.up(at).processes == [this]


def test_a_damaged_note_is_no_cluster(at: Settings) -> None:
    at.spark_home.mkdir()
    (at.spark_home / "cluster.json").write_text('{"port": 1')
    assert cluster.noted(at.spark_home) is None


def test_settings_of_the_cluster_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_SPARK__PORT", "10001")
    monkeypatch.setenv("ENTREPOT_SPARK__WORKERS", "0")
    assert (Settings().spark.port, Settings().spark.workers) == (10001, 0)


def test_a_build_from_landing_alone_is_refused_on_spark(
    tmp_path: Path, entrepot: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    answer = entrepot(tmp_path / "home", "build", "--target", "spark", "--from-landing")
    assert answer.returncode == 1
    assert "Nothing was built. On Spark, `entrepot build --force --target spark`" in " ".join(answer.stderr.split())
    assert not (tmp_path / "home").exists()
