"""Readers of a serving folder, for `test_readers`: `python -m tests.faults.readers SERVING THREADS`.

A release here is the n-th: its fingerprint ends the release id with n, and its marts say n too. Each thread opens the served
file, asks two marts, closes it, and begins again, until standard input ends; then it reads once more. Prints `ready` when
every thread has read once, and at the end what they saw, as JSON.
"""

import json
import sys
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb


@dataclass
class Seen:
    """What one reader saw. `behind` counts reads by how many releases they lagged behind the link as the read began."""

    reads: int = 0
    failed: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    behind: dict[int, int] = field(default_factory=dict)
    releases: set[int] = field(default_factory=set)


def added(parts: Iterable[Seen]) -> Seen:
    whole = Seen()
    for part in parts:
        whole.reads += part.reads
        whole.failed += part.failed
        whole.torn += part.torn
        whole.releases |= part.releases
        for lag, reads in part.behind.items():
            whole.behind[lag] = whole.behind.get(lag, 0) + reads
    return whole


def linked(serving: Path) -> int:
    return int((serving / "current").readlink().name[-8:])


def read(serving: Path, seen: Seen) -> None:
    begun_at = linked(serving)
    seen.reads += 1
    try:
        with duckdb.connect(str(serving / "current" / "trade.duckdb"), read_only=True) as connection:
            ((release_id,),) = connection.execute("select distinct release_id from marts.publication").fetchall()
            of_rows = connection.execute("select min(n), max(n), count(*) from marts.surplus_monthly").fetchone()
    except Exception as problem:
        seen.failed.append(repr(problem))
        return
    n = int(release_id[-8:])
    if of_rows != (n, n, 50):
        seen.torn.append(f"{release_id} holds {of_rows}")
    lag = max(0, begun_at - n)
    seen.behind[lag] = seen.behind.get(lag, 0) + 1
    seen.releases.add(n)


def main(serving: Path, threads: int) -> None:
    ended, all_read_once = threading.Event(), threading.Barrier(threads + 1)
    by_thread = [Seen() for _ in range(threads)]

    def keep_reading(seen: Seen) -> None:
        read(serving, seen)
        all_read_once.wait()
        while not ended.is_set():
            read(serving, seen)
        read(serving, seen)

    working = [threading.Thread(target=keep_reading, args=[seen]) for seen in by_thread]
    for thread in working:
        thread.start()
    all_read_once.wait()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    ended.set()
    for thread in working:
        thread.join()
    total = added(by_thread)
    sys.stdout.write(json.dumps(asdict(total) | {"releases": sorted(total.releases)}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
