"""The project as dbt and Dagster read it, once for all tests, in a home of its own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dagster import AssetKey

from orchestration.settings import settings

from .declared import Declared, declared


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENTREPOT_HOME", str(tmp_path_factory.mktemp("conventions")))
        patch.setenv("DAGSTER_HOME", "")
        yield


@pytest.fixture(scope="session")
def project(home: None) -> Declared:
    from orchestration.transform import manifest

    return declared(json.loads(manifest(settings()).read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def asset_graph(project: Declared) -> Any:
    from orchestration.definitions import defs

    return defs.resolve_asset_graph()


@pytest.fixture(scope="session")
def asset_keys(asset_graph: Any) -> list[str]:
    keys: set[AssetKey] = asset_graph.get_all_asset_keys()
    return sorted(key.to_user_string() for key in keys)
