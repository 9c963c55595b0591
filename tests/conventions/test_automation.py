"""What comes new is built whole: no step of a build is left out, none waits for what Dagster never sees."""

from typing import Any

from dagster import AssetKey, AssetMaterialization, AssetSelection, DagsterInstance, evaluate_automation_conditions


def test_a_new_month_requests_every_step_of_a_build_once(asset_graph: Any) -> None:
    from orchestration.definitions import build, defs

    steps = defs.resolve_job_def(build.name).asset_layer.executable_asset_keys
    instance = DagsterInstance.ephemeral()

    def look(cursor: Any = None) -> Any:
        return evaluate_automation_conditions(defs, instance, asset_selection=AssetSelection.all(), cursor=cursor)

    first = look()
    assert first.total_requested == 0
    came = AssetMaterialization(AssetKey(["fetched", "kcs", "country_totals"]), partition="2026-10")
    instance.report_runless_asset_event(came)
    second = look(first.cursor)
    requested = {key for key in asset_graph.get_all_asset_keys() if second.get_num_requested(key)}
    assert requested == set(steps)
    assert look(second.cursor).total_requested == 0


def test_nothing_is_fetched_by_a_build(asset_graph: Any) -> None:
    from orchestration.definitions import build, defs

    steps = {key.path[0] for key in defs.resolve_job_def(build.name).asset_layer.executable_asset_keys}
    assert "fetched" not in steps
    assert {"landing", "kcs", "staging", "marts", "serving"} <= steps


def test_each_table_that_can_be_fetched_is_an_asset_above_its_landing(asset_graph: Any) -> None:
    from orchestration.definitions import FETCHED

    assert FETCHED
    for key in FETCHED:
        assert asset_graph.get(key).child_keys == {AssetKey(["landing", *key.path[1:]])}
