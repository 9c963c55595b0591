"""Who is writing or fetching, for the sentence that refuses a second run. It is a note, not the lock: nothing relies on it."""

import os
import shlex
import sys
from contextlib import suppress
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

LONGEST_COMMAND = 120


class Holder(BaseModel):
    """A process that holds the right to write: the words of its command, and when it took the right."""

    pid: int = Field(gt=0)
    since: AwareDatetime
    command: str = Field(max_length=LONGEST_COMMAND)

    def __str__(self) -> str:
        return f"`{self.command}`, process {self.pid}, since {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def note(file: Path) -> None:
    """Leaves a note of this process. Where none can be written, one of an earlier process must not stay either."""
    holder = Holder(pid=os.getpid(), since=datetime.now(UTC), command=_command(sys.argv))
    try:
        file.write_text(holder.model_dump_json(), encoding="utf-8")
    except OSError:
        remove(file)


def remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink()


def noted(file: Path) -> Holder | None:
    """The process of the note; none when it is missing, damaged or left by a process that has died."""
    try:
        holder = Holder.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
    return holder if holder.command.isprintable() and lives(holder.pid) else None


def _command(arguments: list[str]) -> str:
    """The command as it was typed. Dagster's children are given settings as JSON: the words end before it."""
    program = Path(arguments[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    words = shlex.join([name, *takewhile(lambda word: "{" not in word, arguments[1:])])
    printable = "".join(letter if letter.isprintable() else " " for letter in words)
    return printable if len(printable) <= LONGEST_COMMAND else f"{printable[: LONGEST_COMMAND - 1]}…"


def lives(pid: int) -> bool:
    """Whether a process of that number runs, of whomever."""
    if os.name == "nt":  # where signal 0 would end the process
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
