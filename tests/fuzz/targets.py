"""The parsers, by the kind of text they read. Each takes any bytes and ends in rows of text, a refusal, or a bug."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.errors import EntrepotError
from orchestration.fetch import text_table
from orchestration.inbox import FOLDERS, take_in
from orchestration.replies import Call, Reply
from orchestration.settings import Settings
from orchestration.source import Access, Fetch, RawTable, Request, Window, discover

CORPUS = Path(__file__).with_name("corpus")
MONTH = date(2025, 5, 1)
KINDS = {
    "xml": ("kcs", "rss"),
    "json": ("census", "comtrade", "ecos", "fred", "gdelt"),
    "csv": ("fred",),
    "zip": ("ecb",),
}
LONGEST_NAME = 80


@cache
def asked(kind: str) -> list[tuple[Access, RawTable, Fetch, Request]]:
    """One request for each table whose replies are of that kind."""
    window = Window(MONTH, MONTH, today=date(2025, 6, 20), has_key=kind != "csv")
    return [
        (source.access, table, table.fetch, request)
        for source in discover()
        if source.name in KINDS[kind]
        for table in source.tables
        if table.fetch
        for request in islice(table.fetch.plan(window), 1)
    ]


def reply(kind: str, content: bytes) -> None:
    """What a publisher answers, judged, read and checked as a fetch does."""
    for access, table, fetch, request in asked(kind):
        try:
            given = Reply(request.call, 200, content)
            access.judge(given)
            page = fetch.read(given)
            kept = text_table(page.rows)
            if page.rows and set(table.columns) <= set(kept.column_names):
                fetch.check(request, page.rows)
        except EntrepotError as problem:
            if not str(problem).strip():
                raise AssertionError("a refusal says nothing") from problem
            continue
        assert kept.num_rows == len(page.rows) or not kept.column_names
        assert page.following is None or isinstance(page.following, Call)


def inbox(content: bytes) -> None:
    """A file of the inbox: its name on the first line, the rest is what it holds. It writes into landing and nowhere else."""
    name, _, rest = content.partition(b"\n")
    with TemporaryDirectory(prefix="entrepot-fuzz-") as folder:
        at = Settings(home=Path(folder) / "home")
        path = _place(at.inbox, name)
        path.parent.mkdir(parents=True)
        try:
            path.write_bytes(rest)
        except (OSError, ValueError):
            return  # no file system holds such a name
        assert all(verdict.verdict == "taken" or verdict.reason.strip() for verdict in take_in(at))
        assert path.read_bytes() == rest
        written = {file for file in _files(Path(folder)) if file != path}
        assert all(file.is_relative_to(at.landing / "inbox") and file.suffix == ".parquet" for file in written)
        shutil.rmtree(at.home)


def _place(inbox: Path, name: bytes) -> Path:
    folder, _, rest = name.decode("utf-8", "surrogateescape").partition("/")
    plain = rest.replace("/", "_").replace("\0", "_")[:LONGEST_NAME]
    return inbox / (folder if folder in FOLDERS else FOLDERS[0]) / (plain if plain.strip(".") else "a.csv")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


TARGETS: dict[str, Callable[[bytes], None]] = {
    "xml": lambda content: reply("xml", content),
    "json": lambda content: reply("json", content),
    "csv": lambda content: reply("csv", content),
    "zip": lambda content: reply("zip", content),
    "inbox": inbox,
}
