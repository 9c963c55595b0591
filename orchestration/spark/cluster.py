"""A small Spark cluster on this machine: a master, workers and a Thrift server, on loopback alone.

`python -m orchestration.spark.cluster up` starts it, `down` ends it; each may be said again. It is for trying and for tests:
a company's own cluster is reached by `ENTREPOT_SPARK__HOST` and needs none of this.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ValidationError

from orchestration.errors import EntrepotError
from orchestration.holder import lives
from orchestration.settings import Settings, SparkSettings, environment_without, settings

HOST = "127.0.0.1"
LONGEST_START_SECONDS = 300
LONGEST_END_SECONDS = 60
MANAGER_MEMORY = "256m"
SERVER_CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"

# What a cluster of any size needs so that both engines give the same rows; docs/spark.md says why of each.
NEEDED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    # Spark 4.1 takes the name of a landing file for a partition, and fails where it would prune by what a join leaves.
    "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
}
# A compiler that is soon done: these programs run for minutes.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Small tables on few cores: what follows saves time here and would cost time on a large cluster.
SMALL = {
    "spark.driver.bindAddress": HOST,
    "spark.driver.host": HOST,
    "spark.ui.enabled": "false",
    "spark.log.level": "WARN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "10",
    "spark.ui.retainedStages": "10",
    "spark.locality.wait": "0",
    "spark.driver.extraJavaOptions": QUICK_JAVA,
    "spark.executor.extraJavaOptions": QUICK_JAVA,
}


class Process(BaseModel):
    """A process that was started, and what its command line must hold to be still that one."""

    pid: int
    main_class: str

    def runs(self) -> bool:
        """Whether it lives. The number of a process that died may be another's by now: its command tells."""
        try:
            return self.main_class.encode() in Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return not Path("/proc/self").exists() and lives(self.pid)


class Cluster(BaseModel):
    """What `cluster.json` holds of a running cluster: its address and its processes, in the order of their start."""

    port: int
    processes: list[Process]

    def runs(self) -> bool:
        return bool(self.processes) and all(process.runs() for process in self.processes)


def up(at: Settings) -> Cluster:
    """Starts the cluster and waits until it answers; one that runs already is left as it is."""
    folder = at.spark_home
    running = noted(folder)
    if running is not None and running.runs():
        return running
    down(at)
    _require_java()
    spark_home = _spark_home()
    wanted = at.spark
    _require_free(wanted.port)
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    started = Cluster(port=wanted.port, processes=[])
    try:
        master = _master(started, folder, spark_home, wanted)
        arguments = _server_arguments(folder, wanted, master)
        _start(started, folder, spark_home, "server", arguments, SERVER_CLASS, wanted.server_memory)
        _wait(lambda: _listens(wanted.port), started, folder, "the Thrift server")
    except BaseException:
        down(at)
        raise
    return started


def down(at: Settings) -> int:
    """Ends the processes of the cluster, the last first; returns how many ran. What it wrote stays."""
    running = noted(at.spark_home)
    alive = [process for process in reversed(running.processes) if process.runs()] if running else []
    for process in alive:
        os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + LONGEST_END_SECONDS
        while process.runs() and time.monotonic() < deadline:
            time.sleep(0.1)
        if process.runs():
            os.kill(process.pid, signal.SIGKILL)
    _note(at.spark_home).unlink(missing_ok=True)
    return len(alive)


def noted(folder: Path) -> Cluster | None:
    """The cluster that was started last; none when there was none, or its note cannot be read."""
    try:
        return Cluster.model_validate_json(_note(folder).read_bytes())
    except (OSError, ValidationError):
        return None


def _note(folder: Path) -> Path:
    return folder / "cluster.json"


def _master(started: Cluster, folder: Path, spark_home: Path, wanted: SparkSettings) -> str:
    """The address the server works with: that of the master, or of its own threads where no worker is wanted."""
    if not wanted.workers:
        return "local[2]"
    port = _free_port()
    address = f"spark://{HOST}:{port}"
    master = "org.apache.spark.deploy.master.Master"
    options = ["--host", HOST, "--port", str(port), "--webui-port", "0"]
    _start(started, folder, spark_home, "master", ["spark-class", master, *options], master)
    _wait(lambda: _listens(port), started, folder, "the master")
    worker = "org.apache.spark.deploy.worker.Worker"
    for number in range(1, wanted.workers + 1):
        work = folder / f"worker-{number}"
        options = ["--host", HOST, "--webui-port", "0", "--cores", "1", "--memory", wanted.worker_memory]
        options += ["--work-dir", str(work), address]
        _start(started, folder, spark_home, f"worker-{number}", ["spark-class", worker, *options], worker)
    return address


def _server_arguments(folder: Path, wanted: SparkSettings, master: str) -> list[str]:
    metastore = f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
    options = {
        **NEEDED,
        **SMALL,
        "spark.sql.shuffle.partitions": str(wanted.partitions),
        "spark.default.parallelism": str(wanted.partitions),
        "spark.driver.memory": wanted.server_memory,
        "spark.executor.memory": wanted.worker_memory,
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
    }
    pairs = [part for name, value in options.items() for part in ("--conf", f"{name}={value}")]
    address = [f"hive.server2.thrift.bind.host={HOST}", f"hive.server2.thrift.port={wanted.port}"]
    hive = [part for setting in address for part in ("--hiveconf", setting)]
    return ["spark-submit", "--class", SERVER_CLASS, "--master", master, *pairs, "spark-internal", *hive]


def _start(
    started: Cluster,
    folder: Path,
    spark_home: Path,
    name: str,
    arguments: list[str],
    main_class: str,
    memory: str = MANAGER_MEMORY,
) -> None:
    program, *rest = arguments
    with (folder / "logs" / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - a program of the installed package, with settings of this project
            [spark_home / "bin" / program, *rest],
            cwd=folder,  # Derby leaves its log where it was started
            env=environment_without("SPARK_") | _environment(spark_home, memory),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started.processes.append(Process(pid=process.pid, main_class=main_class))
    _note(folder).write_text(started.model_dump_json(), encoding="utf-8")


def _environment(spark_home: Path, memory: str) -> dict[str, str]:
    return {
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_DAEMON_MEMORY": memory,
        "SPARK_DAEMON_JAVA_OPTS": "-Dspark.master.rest.enabled=false",
        "PYSPARK_PYTHON": sys.executable,
    }


def _wait(condition: Callable[[], bool], started: Cluster, folder: Path, what: str) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while not condition():
        dead = [process.main_class.rpartition(".")[2] for process in started.processes if not process.runs()]
        if time.monotonic() > deadline or (dead and time.monotonic() > deadline - LONGEST_START_SECONDS + 5):
            raise EntrepotError(
                f"Spark did not start: {what} does not answer{f' ({dead[0]} ended)' if dead else ''}. What was started "
                f"was ended again; tables are untouched. The logs in {folder / 'logs'} say why."
            )
        time.sleep(0.2)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> None:
    if _listens(port):
        raise EntrepotError(
            f"Port {port} of {HOST} is taken by another program. Nothing was started. "
            "Choose another with ENTREPOT_SPARK__PORT, also for the build."
        )


def _require_java() -> None:
    home = environment_without("SPARK_").get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").is_file()) and shutil.which("java") is None:
        raise EntrepotError(
            "Spark needs Java 17 or later, and no `java` is on the path. Nothing was started. "
            "Install it (Debian: openjdk-17-jre-headless), or set JAVA_HOME."
        )


def _spark_home() -> Path:
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise EntrepotError(
            "Spark is not installed in this environment. Nothing was started. `make spark-up` installs it into "
            ".venv-spark, from requirements-spark.lock."
        )
    return Path(found.origin).parent


def main(word: str) -> None:
    at = settings()
    if word == "up":
        cluster = up(at)
        print(f"Spark answers on {HOST}:{cluster.port}. Build with `make spark`, end it with `make spark-down`.")  # noqa: T201
    elif word == "down":
        ended = down(at)
        print(f"Ended {ended} processes of Spark. Its tables stay in {at.spark_home}.")  # noqa: T201
    else:
        raise EntrepotError(f"There is no `{word}` here. Say `up` or `down`.")


if __name__ == "__main__":
    try:
        main(" ".join(sys.argv[1:]))
    except EntrepotError as problem:
        sys.exit(f"Error: {problem}")
