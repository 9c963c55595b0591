"""Runs a command to its end, or to a limit, and writes what it and all that it started cost.

`python metered.py <cost.json> <log> <seconds> <megabytes> <command …>`: beyond so many seconds or so much memory the
command and its children are killed, so that a bench leaves the machine to others. With 0 megabytes the limit is nine
tenths of what is available.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil

EVERY_SECONDS = 0.2


def tree(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def megabytes(processes: list[psutil.Process]) -> float:
    """What they hold together; of memory that several share, each counts its part."""
    held = 0
    for process in processes:
        try:
            held += process.memory_info().rss if len(processes) == 1 else process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return held / 2**20


def run(command: list[str], log: Path, seconds: float, limit_megabytes: float) -> dict[str, float | str]:
    """Wall and CPU seconds, the peak of memory, and how it ended: done, failed, timed out, out of memory."""
    limit_megabytes = limit_megabytes or 0.9 * psutil.virtual_memory().available / 2**20
    started, peak, ended = time.perf_counter(), 0.0, ""
    with log.open("wb") as output:
        root = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        while not ended:
            try:
                ended = "failed" if root.wait(EVERY_SECONDS) else "done"
            except psutil.TimeoutExpired:
                processes = tree(root)
                peak = max(peak, megabytes(processes))
                if peak > limit_megabytes:
                    ended = "out of memory"
                elif time.perf_counter() - started > seconds:
                    ended = "timed out"
                if ended:
                    for process in processes:
                        process.kill()
                    psutil.wait_procs(processes)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "ended": ended,
        "wall_seconds": time.perf_counter() - started,
        "cpu_seconds": spent.ru_utime + spent.ru_stime,
        "peak_megabytes": max(peak, spent.ru_maxrss / 1024),
    }


if __name__ == "__main__":
    cost, log, seconds, limit, *command = sys.argv[1:]
    Path(cost).write_text(json.dumps(run(command, Path(log), float(seconds), float(limit))))
