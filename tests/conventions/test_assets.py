"""The asset graph is a public contract: schedules, dashboards and habits hang on its names."""

from pathlib import Path
from typing import Any

from .declared import Declared

LISTED = Path(__file__).with_name("asset_keys.txt")


def test_the_asset_keys_are_the_listed_ones(asset_keys: list[str]) -> None:
    listed = LISTED.read_text(encoding="utf-8").split()
    added, gone = sorted(set(asset_keys) - set(listed)), sorted(set(listed) - set(asset_keys))
    assert asset_keys == listed, (
        f"The asset graph has {added} that are not listed and lacks {gone}. If that is meant, rewrite the list and commit it: "
        "python -m tests.conventions.test_assets"
    )


def test_every_data_test_is_an_asset_check(project: Declared, asset_graph: Any) -> None:
    checks = {key.name for key in asset_graph.asset_check_keys}
    assert sorted(project.data_tests - checks) == [], (
        "Dagster does not know which asset these tests are about. A test that reads several models names the one it "
        'judges: {{ config(meta={"dagster": {"ref": {"name": "surplus_monthly"}}}) }}'
    )


def test_every_asset_says_what_it_is(asset_graph: Any) -> None:
    silent = [node.key.to_user_string() for node in asset_graph.asset_nodes if not node.description]
    assert [key for key in silent if not key.startswith("entrepot/")] == []


if __name__ == "__main__":
    from orchestration.definitions import defs

    keys = sorted(key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys())
    LISTED.write_text("\n".join(keys) + "\n", encoding="utf-8")
