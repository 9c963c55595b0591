"""What a view must be, so that each engine takes it."""

import json

from tests.conftest import Built

LONGEST_IN_DERBY = 32_700


def test_no_view_is_longer_than_sparks_own_catalogue_takes(built: Built) -> None:
    target = built.home / "dbt"
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    views = [node for node in nodes if node["config"].get("materialized") == "view"]
    lengths = {
        node["name"]: len((target / "compiled" / node["package_name"] / node["original_file_path"]).read_text("utf-8"))
        for node in views
    }
    assert "sector_monthly" in lengths
    assert {name: length for name, length in lengths.items() if length > LONGEST_IN_DERBY} == {}
