"""The start of Superset, as far as it goes without Superset."""

import importlib.util
import logging
from types import ModuleType

import pytest

from orchestration.settings import PROJECT


@pytest.fixture(scope="module")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", PROJECT / "dashboards" / "superset" / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_a_command_complains_of_is_an_error_though_it_ends_well(start: ModuleType) -> None:
    with (
        pytest.raises(start.RefusedError, match=r"^charts/claims\.yaml: no viz_type; nor a name$"),
        start._complaints_heeded(),
    ):
        logging.getLogger("superset.examples.utils").error("%s: no viz_type", "charts/claims.yaml")
        logging.getLogger("superset.commands").error("nor a name")


def test_a_warning_is_no_complaint_and_nothing_listens_afterwards(start: ModuleType) -> None:
    listening = list(logging.getLogger("superset").handlers)
    with start._complaints_heeded():
        logging.getLogger("superset.examples.utils").warning("an old dashboard")
    assert logging.getLogger("superset").handlers == listening
