"""The documentation in a release: dbt's page, filled and closed to the outside."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import EntrepotError
from orchestration.publishing import docs

MANIFEST: dict[str, Any] = {
    "metadata": {"generated_at": "2026-10-31T12:00:00Z", "send_anonymous_usage_stats": False},
    "nodes": {
        "model.entrepot.surplus_monthly": {
            "name": "surplus_monthly",
            "description": "</script><script>alert(1)</script>",
            "compiled_path": "/somewhere/compiled/surplus_monthly.sql",
            "build_path": "/somewhere/run/surplus_monthly.sql",
            "compiled_code": "select 1 < 2 as is_less",
        }
    },
    "macros": {},
}


def test_the_page_holds_the_manifest_and_no_place_is_left_empty(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(MANIFEST), encoding="utf-8")
    docs.write_docs(tmp_path, manifest)
    page = (tmp_path / "site" / "docs" / "index.html").read_text(encoding="utf-8")
    assert "INLINE DATA" not in page
    assert '"compiled_code":"select 1 \\u003c 2 as is_less"' in page


def test_no_text_of_a_model_ends_the_script_and_no_folder_of_this_machine_is_told() -> None:
    page = docs.render(MANIFEST)
    assert "<script>alert(1)" not in page
    assert "/somewhere/" not in page


def test_the_page_may_load_nothing() -> None:
    page = docs.render(MANIFEST)
    policy = page.index("Content-Security-Policy")
    assert policy < page.index("<script")
    assert "default-src 'none'" in page[policy : policy + 200]


def test_a_page_of_another_dbt_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "index.html"
    other.write_text("<html><head></head></html>", encoding="utf-8")
    monkeypatch.setattr(docs, "DOCS_INDEX_FILE_PATH", str(other))
    with pytest.raises(EntrepotError, match=r"MANIFEST\.JSON.*Nothing was published"):
        docs.render(MANIFEST)
