"""What a build of changes starts from: the last build that succeeded, of the same code, or nothing."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from unittest.mock import Mock

import pyarrow as pa
import pytest

from orchestration import increments
from orchestration.errors import EntrepotError
from orchestration.landing import land
from orchestration.settings import Settings, settings
from orchestration.warehouse import connect, load

from .test_tables_that_stay_in_landing import JANUARY, SOURCE, TABLE


@pytest.fixture
def at(tmp_path: Path) -> Settings:
    """A home with one release, which a build took in."""
    at = Settings(home=tmp_path, incremental=True)
    came(at, "7")
    assert increments.begin(at) is None
    increments.succeeded(at)
    return at


def came(at: Settings, usd: str) -> None:
    land(at.landing, replace(JANUARY, basis=usd), pa.table({"month": ["2025-01"], "usd": [usd]}))
    load(at.warehouse, at.landing, SOURCE, TABLE)


def new_since(at: Settings, moment: datetime | None) -> int:
    with connect(at.warehouse) as connection:
        query = "select count(*) from entrepot.releases where loaded_at > ?"
        ((count,),) = connection.execute(query, [moment]).fetchall()
    return int(count)


def test_what_came_after_a_build_that_succeeded_is_new(at: Settings) -> None:
    assert new_since(at, increments.begin(at)) == 0
    came(at, "8")
    assert new_since(at, increments.begin(at)) == 1


def test_without_being_asked_for_everything_is_made_anew(at: Settings) -> None:
    assert increments.begin(at.model_copy(update={"incremental": False})) is None


def test_what_a_build_of_changes_left_undone_is_new_again(at: Settings) -> None:
    came(at, "8")
    first = increments.begin(at)
    came(at, "9")
    assert increments.begin(at) == first
    assert new_since(at, first) == 2


def test_a_whole_build_that_did_not_succeed_leaves_nothing_to_start_from(at: Settings) -> None:
    increments.begin(at.model_copy(update={"incremental": False}))
    assert increments.begin(at) is None


def test_other_code_models_or_tables_start_from_nothing(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(increments, "models_fingerprint", lambda settings: "other")
    assert increments.begin(at) is None
    monkeypatch.undo()
    assert increments.begin(at) is None, "what a build of other code may have made half is trusted"


def test_a_clock_that_was_set_back_hides_no_release(at: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.warehouse.datetime", Mock(now=lambda zone: datetime(2001, 1, 1, tzinfo=zone)))
    came(at, "8")
    assert new_since(at, increments.begin(at)) == 1


def test_a_build_that_is_forced_starts_from_nothing(at: Settings) -> None:
    increments.forget(at)
    assert increments.begin(at) is None


def test_a_limit_of_memory_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_MEMORY_LIMIT", "8 GB")
    assert settings().memory_limit == "8 GB"
    monkeypatch.setenv("ENTREPOT_MEMORY_LIMIT", "much")
    with pytest.raises(EntrepotError, match="ENTREPOT_MEMORY_LIMIT"):
        settings()
