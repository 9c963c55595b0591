"""What a release is made from, as one hash: equal hashes mean that building again would change nothing."""

import hashlib
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import PROJECT, Settings

UNREAD = ("__pycache__", "target", "logs")


def fingerprint(settings: Settings) -> str:
    """Of the code, the models, the reference seeds, the archive's listings, and the names (content sums) of landing files."""
    listings = settings.archive.glob("*/releases.csv")
    digest = hashlib.sha256(code_fingerprint().encode())
    digest.update(files_fingerprint([*_files(settings.reference), *listings]).encode())
    for name in sorted(
        path.relative_to(settings.landing).as_posix() for path in settings.landing.glob("*/*/*.parquet")
    ):
        digest.update(name.encode())
    return digest.hexdigest()


def code_version() -> str:
    """The package's version and eight characters that change with any line of its Python or SQL."""
    return f"{version('entrepot')}+{code_fingerprint()[:8]}"


def code_fingerprint() -> str:
    return files_fingerprint([*_files(PROJECT / "orchestration"), *_files(PROJECT / "dbt_project")])


def models_fingerprint(settings: Settings) -> str:
    """Of what dbt parses: its own files and the names and types of the seeds."""
    return files_fingerprint([*_files(settings.dbt_project), *_files(settings.reference)])


def files_fingerprint(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name}:{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        is_read = not set(path.relative_to(folder).parts) & set(UNREAD) and not path.name.startswith(".")
        if is_read and path.is_file():
            yield path
