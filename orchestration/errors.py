"""Errors that a person can mend."""

import errno
import sqlite3

REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


class EntrepotError(Exception):
    """Something a person can mend. The text says what is wrong, where, what to do and what was kept."""


def refused_by_the_disk(problem: BaseException | None) -> str | None:
    """What the disk said where it is the cause: full, read-only, or not ours. Dagster keeps its history in SQLite there."""
    while problem is not None:
        if isinstance(problem, OSError) and problem.errno in REFUSALS:
            return f"{problem.strerror}: {problem.filename}" if problem.filename else problem.strerror
        if isinstance(problem, sqlite3.OperationalError):
            return str(problem)
        problem = problem.__cause__ or problem.__context__
    return None
