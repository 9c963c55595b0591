"""The one place that reads the environment, and the one place that knows where things lie."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from pydantic import BaseModel, Field, SecretStr, ValidationError, create_model, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration import holder
from orchestration.errors import EntrepotError

PROJECT = Path(__file__).resolve().parent.parent
DAGSTER_YAML = Path(__file__).with_name("dagster.yaml")
EARLIER_DAGSTER_YAML = "telemetry:\n  enabled: false\n"
# With less no run can end: it fails here, in a sentence, and not where dbt or Dagster write.
FEWEST_FREE_BYTES = 50_000_000
BILL_OF_MATERIALS = PROJECT / "requirements.cdx.json"


class Patience(BaseModel):
    """How long a publisher is waited for, and how often asked again; `ENTREPOT_PATIENCE__ATTEMPTS=2` and so on.

    `hurry` multiplies the rate that a publisher allows: it is for test servers and mirrors of one's own.
    """

    connect_seconds: float = Field(default=15, gt=0)
    read_seconds: float = Field(default=60, gt=0)
    whole_seconds: float = Field(default=600, gt=0)
    attempts: int = Field(default=5, ge=1)
    first_wait_seconds: float = Field(default=1, ge=0)
    longest_wait_seconds: float = Field(default=120, ge=0)
    hurry: float = Field(default=1, gt=0)


class SparkSettings(BaseModel):
    """Where Spark's Thrift server answers, and how large a cluster on this machine is; `ENTREPOT_SPARK__PORT=10001` and so on.

    `workers=0` has the server do the work itself.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=10000, gt=0, lt=65536)
    user: str = "entrepot"
    workers: int = Field(default=2, ge=0)
    worker_memory: str = "1g"
    server_memory: str = "2g"
    partitions: int = Field(default=2, ge=1)


class Settings(BaseSettings):
    """Folders of one installation. `ENTREPOT_HOME` moves all that a run makes; a run writes nowhere else.

    `ENTREPOT_ACCEPTED_TERMS=yahoo` turns on a source whose terms a person has to accept first; commas between several.
    `ENTREPOT_INCREMENTAL=1` builds products from the releases that came since the last build alone, and
    `ENTREPOT_MEMORY_LIMIT=8GB` bounds the memory of the models, see `docs/world.md`.

    `ENTREPOT_FETCH_VIA` sends all requests to publishers to one address instead, the host as first part of the path.
    `ENTREPOT_NOTIFY_URL` is where a failed run is told, an address of Apprise: mail, Slack, a webhook and many more.
    """

    model_config = SettingsConfigDict(
        env_prefix="ENTREPOT_", env_ignore_empty=True, env_nested_delimiter="__", frozen=True
    )

    home: Path = PROJECT / "data"
    archive: Path = PROJECT / "seeds" / "archive"
    secrets: Path = Path("~/.config/entrepot/secrets.env")
    fetch_via: str | None = None
    accepted_terms: str = ""
    incremental: bool = False
    memory_limit: str | None = Field(default=None, pattern=r"^\d+(\.\d+)? ?([KMGT]i?B)$")
    patience: Patience = Patience()
    spark: SparkSettings = SparkSettings()
    notify_url: SecretStr | None = None

    @field_validator("fetch_via")
    @classmethod
    def secure(cls, address: str | None) -> str | None:
        parts = urlsplit(address or "https:")
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("must be an https address, or one of this machine: keys are sent to it")
        return address

    @field_validator("home", "archive", "secrets")
    @classmethod
    def absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def calls(self) -> Path:
        """What publishers were asked, a file for each; it bounds a day's calls and lets a fetch go on where it ended."""
        return self.home / "calls"

    @property
    def downloads(self) -> Path:
        """Large files of publishers. One that a user put here under its publisher's name is read instead of asked for."""
        return self.home / "downloads"

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
    def spark_home(self) -> Path:
        """What Spark makes: its tables, its logs, what it is handed and hands back."""
        return self.home / "spark"

    @property
    def reference(self) -> Path:
        return PROJECT / "seeds" / "reference"

    def accepts(self, source: str) -> bool:
        """Whether the terms of a source were accepted."""
        return source in {name.strip().lower() for name in self.accepted_terms.split(",")}

    def key(self, source: str) -> str | None:
        """The key for a source: `ENTREPOT_<SOURCE>_KEY` of the environment, else the same line of the secrets file."""
        file = self.secrets if self._is_private(self.secrets) else None
        name = f"{source}_key"
        keys = create_model("Keys", __base__=_Keys, **{name: (SecretStr | None, None)})  # type: ignore[call-overload]
        found: SecretStr | None = getattr(keys(_env_file=file), name)
        return (found.get_secret_value().strip() or None) if found else None

    def _is_private(self, file: Path) -> bool:
        """Whether there is a secrets file. One that others may read, or that could be committed, is refused."""
        try:
            if not file.is_file():
                return False
            mode = file.stat().st_mode
        except OSError as problem:
            raise EntrepotError(f"Cannot look at the secrets file {file} ({problem.strerror}).") from problem
        if file.resolve().is_relative_to(PROJECT):
            raise EntrepotError(
                f"The secrets file {file} lies inside the project, where it could be committed. It was not read. "
                "Move it out, for instance to ~/.config/entrepot/secrets.env."
            )
        if mode & 0o077:
            raise EntrepotError(
                f"Others may read the secrets file {file} (mode {mode & 0o777:o}). It was not read. "
                f"Run `chmod 600 {file}`; if it was so for long, ask the publishers for new keys."
            )
        return True

    @cached_property
    def _lock(self) -> FileLock:
        return FileLock(self.home / "writer.lock", is_singleton=True)

    def prepare(self) -> None:
        """Makes the home folder and proves that it can be written, so that a long run does not fail at its end."""
        try:
            self.dagster_home.mkdir(parents=True, exist_ok=True)
            configured = self.dagster_home / "dagster.yaml"
            if not configured.is_file() or configured.read_text() == EARLIER_DAGSTER_YAML:
                configured.write_text(DAGSTER_YAML.read_text())
            with TemporaryFile(dir=self.dagster_home):
                pass
            free = shutil.disk_usage(self.home).free
        except OSError as problem:
            raise self._unwritable(problem.strerror) from problem
        if free < FEWEST_FREE_BYTES:
            raise self._unwritable(f"only {free / 1e6:.0f} MB are free there")

    def export(self) -> None:
        """Tells the tools that are configured by environment (dbt, Dagster) about these folders."""
        os.environ["ENTREPOT_HOME"] = str(self.home)
        os.environ["DAGSTER_HOME"] = str(self.dagster_home)
        os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")

    def _unwritable(self, why: str | None) -> EntrepotError:
        return EntrepotError(
            f"Cannot write to {self.home} ({why}). Nothing was changed. "
            "Make the folder writable, free some space, or set ENTREPOT_HOME to another folder."
        )

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Holds the right to write the warehouse. DuckDB allows one process; this says so before it is tried."""
        self.prepare()
        note = self.home / "writer.json"
        try:
            held = self._lock.acquire(blocking=False)
        except Timeout:
            other = holder.noted(note)
            raise EntrepotError(
                f"Another run is writing to {self.home}{f': {other}' if other else ''}. Nothing was changed. "
                "Wait until it ends (`entrepot status` works meanwhile), or set ENTREPOT_HOME to another folder."
            ) from None
        with held:
            if self._lock.lock_counter > 1:  # a step of the run that holds it
                yield
                return
            holder.note(note)
            try:
                yield
            finally:
                holder.remove(note)


class _Keys(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="ENTREPOT_", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )


def environment_without(prefix: str) -> dict[str, str]:
    """The environment for a program that is started, without the variables of that prefix, which would change what it does."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefix)}


def settings() -> Settings:
    try:
        return Settings()
    except ValidationError as problem:
        wrong = "; ".join(
            f"ENTREPOT_{'__'.join(str(part) for part in error['loc']).upper()} {error['msg'].removeprefix('Value error, ')}"
            for error in problem.errors(include_input=False, include_url=False)
        )
        raise EntrepotError(f"A setting cannot be used: {wrong}. Nothing was done.") from None
