"""What is kept of dbt between runs. dbt itself is not run here."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration import settings as places
from orchestration import transform
from orchestration.settings import Settings


def test_dbt_forgets_a_project_that_lay_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its seeds would be looked for there, and that checkout may be gone."""
    at = Settings(home=tmp_path / "home")
    memory = at.dbt_target / "partial_parse.msgpack"
    remembered: list[bool] = []

    def parses(arguments: list[str], **_: object) -> SimpleNamespace:
        remembered.append(memory.exists())
        at.dbt_target.mkdir(parents=True, exist_ok=True)
        memory.touch()
        (at.dbt_target / "manifest.json").write_text("{}")
        return SimpleNamespace(wait=lambda: SimpleNamespace(is_successful=lambda: True))

    monkeypatch.setattr(transform, "dbt_resource", lambda _: SimpleNamespace(cli=parses))
    for checkout, models in (("first", "a"), ("first", "b"), ("second", "b"), ("second", "b")):
        monkeypatch.setattr(places, "PROJECT", tmp_path / checkout)
        monkeypatch.setattr(transform, "models_fingerprint", lambda _, models=models: models)
        transform.manifest(at)
    assert remembered == [False, True, False]
