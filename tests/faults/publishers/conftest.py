"""Local publishers for the tests of fetching."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .fetching import Desk
from .server import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as server:
        yield server


@pytest.fixture
def desk(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("ENTREPOT_SECRETS", str(tmp_path / "none.env"))
    return Desk(served, tmp_path / "home")
