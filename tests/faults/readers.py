"""Readers of a serving folder, for `test_readers`: `python -m tests.faults.readers SERVING THREADS [QUESTIONS PAUSE]`.

A release here is the n-th: its fingerprint ends the release id with n, and its marts say n too. Each thread opens the served
file, asks two marts, closes it, and begins again, until standard input ends; then it reads once more. With a file of
questions, JSON pairs of SQL and answer, it asks one of them instead, each in its turn, of any release, and rests for so many
seconds before the next; it asks each at least once. Prints `ready` when every thread has read once, and at the end what they saw, as JSON.
"""

import json
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb


@dataclass
class Seen:
    """What one reader saw. `behind` counts reads by how many releases they lagged behind the link as the read began.

    `seconds` has how long each read took. `memory_mb` and `handles` are of the process, when all had read and at the end.
    """

    reads: int = 0
    failed: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    behind: dict[int, int] = field(default_factory=dict)
    releases: set[int] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    memory_mb: tuple[float, float] = (0, 0)
    handles: tuple[int, int] = (0, 0)


def added(parts: Iterable[Seen]) -> Seen:
    whole = Seen()
    for part in parts:
        whole.reads += part.reads
        whole.failed += part.failed
        whole.torn += part.torn
        whole.releases |= part.releases
        whole.seconds += part.seconds
        whole.memory_mb = (whole.memory_mb[0] + part.memory_mb[0], whole.memory_mb[1] + part.memory_mb[1])
        whole.handles = (whole.handles[0] + part.handles[0], whole.handles[1] + part.handles[1])
        for lag, reads in part.behind.items():
            whole.behind[lag] = whole.behind.get(lag, 0) + reads
    return whole


def linked(serving: Path) -> int:
    return int((serving / "current").readlink().name[-8:])


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    return str(connection.execute(sql).fetchall())


def read(serving: Path, seen: Seen, questions: Sequence[tuple[str, str]] = ()) -> None:
    begun_at, started = linked(serving), time.monotonic()
    seen.reads += 1
    try:
        with duckdb.connect(str(serving / "current" / "trade.duckdb"), read_only=True) as connection:
            ((release_id,),) = connection.execute("select distinct release_id from marts.publication").fetchall()
            if questions:
                sql, expected = questions[seen.reads % len(questions)]
                connection.execute("use marts")
                is_right = answer(connection, sql) == expected
            else:
                sql = "select min(n), max(n), count(*) from marts.surplus_monthly"
                n = int(release_id[-8:])
                is_right = answer(connection, sql) == str([(n, n, 50)])
    except Exception as problem:
        seen.failed.append(repr(problem))
        return
    seen.seconds.append(time.monotonic() - started)
    n = int(release_id[-8:])
    if not is_right:
        seen.torn.append(f"{release_id} answers otherwise: {sql}")
    lag = max(0, begun_at - n)
    seen.behind[lag] = seen.behind.get(lag, 0) + 1
    seen.releases.add(n)


def resources() -> tuple[float, int]:
    """Memory of this process in MB and its open files; nothing where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0, 0
    (kilobytes,) = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmRSS")]
    return int(kilobytes) / 1000, len(list(Path("/proc/self/fd").iterdir()))


def main(serving: Path, threads: int, questions: Sequence[tuple[str, str]] = (), pause_seconds: float = 0) -> None:
    ended, all_read_once = threading.Event(), threading.Barrier(threads + 1)
    by_thread = [Seen() for _ in range(threads)]

    def keep_reading(seen: Seen) -> None:
        read(serving, seen, questions)
        all_read_once.wait()
        while not ended.wait(pause_seconds):
            read(serving, seen, questions)
        while seen.reads < len(questions):
            read(serving, seen, questions)
        read(serving, seen, questions)

    working = [threading.Thread(target=keep_reading, args=[seen]) for seen in by_thread]
    for thread in working:
        thread.start()
    all_read_once.wait()
    memory_then, handles_then = resources()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    ended.set()
    for thread in working:
        thread.join()
    total = added(by_thread)
    memory_now, handles_now = resources()
    total.memory_mb, total.handles = (memory_then, memory_now), (handles_then, handles_now)
    sys.stdout.write(json.dumps(asdict(total) | {"releases": sorted(total.releases)}) + "\n")


if __name__ == "__main__":
    asked = json.loads(Path(sys.argv[3]).read_text(encoding="utf-8")) if len(sys.argv) > 3 else []
    main(Path(sys.argv[1]), int(sys.argv[2]), asked, float(sys.argv[4]) if len(sys.argv) > 4 else 0)
