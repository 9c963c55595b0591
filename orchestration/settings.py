"""The one place that reads the environment, and the one place that knows where things lie."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.errors import EntrepotError

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Folders of one installation. `ENTREPOT_HOME` moves all that a run makes; a run writes nowhere else."""

    model_config = SettingsConfigDict(env_prefix="ENTREPOT_", env_ignore_empty=True, frozen=True)

    home: Path = PROJECT / "data"
    archive: Path = PROJECT / "seeds" / "archive"

    @field_validator("home", "archive")
    @classmethod
    def absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def inbox(self) -> Path:
        """Where a user puts files of their own. A run reads them and changes nothing here."""
        return self.home / "inbox"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def serving(self) -> Path:
        return self.home / "serving"

    @property
    def current(self) -> Path:
        """The directory link that readers open; the file inside never changes its name."""
        return self.serving / "current"

    @property
    def current_file(self) -> Path:
        return self.current / "trade.duckdb"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt_project(self) -> Path:
        return PROJECT / "dbt_project"

    @property
    def dbt_target(self) -> Path:
        return self.home / "dbt"

    @property
    def reference(self) -> Path:
        return PROJECT / "seeds" / "reference"

    @cached_property
    def _lock(self) -> FileLock:
        return FileLock(self.home / "writer.lock", is_singleton=True)

    def prepare(self) -> None:
        """Makes the home folder and proves that it can be written, so that a long run does not fail at its end."""
        try:
            self.dagster_home.mkdir(parents=True, exist_ok=True)
            (self.dagster_home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        except OSError as problem:
            raise EntrepotError(
                f"Cannot write to {self.home} ({problem.strerror}). Nothing was changed. "
                "Make the folder writable, free some space, or set ENTREPOT_HOME to another folder."
            ) from problem

    def export(self) -> None:
        """Tells the tools that are configured by environment (dbt, Dagster) about these folders."""
        os.environ["ENTREPOT_HOME"] = str(self.home)
        os.environ["DAGSTER_HOME"] = str(self.dagster_home)
        os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Holds the right to write the warehouse. DuckDB allows one process; this says so before it is tried."""
        self.prepare()
        try:
            held = self._lock.acquire(blocking=False)
        except Timeout:
            raise EntrepotError(
                f"Another run is writing to {self.home}. Nothing was changed. Wait until it ends "
                "(`entrepot status` works meanwhile), or set ENTREPOT_HOME to another folder."
            ) from None
        with held:
            yield


def settings() -> Settings:
    return Settings()
