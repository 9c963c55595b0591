"""dbt's documentation of the release as one file, `site/docs/index.html`: every model with its text, SQL, tests and lineage.

It is dbt's own page, filled as `dbt docs generate --static` fills it, but from the manifest that the build has just written:
another run of dbt would cost three seconds and know less, for it would not have the compiled SQL.
"""

import json
from pathlib import Path
from typing import Any

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from orchestration.errors import EntrepotError

SITE_DOCS = Path("site") / "docs"
HEAD = "<head>"
MANIFEST = '"MANIFEST.JSON INLINE DATA"'
CATALOG = '"CATALOG.JSON INLINE DATA"'

# dbt's page counts its visitors elsewhere if told to; here it cannot. It makes functions from text as it starts.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)
OURS = (
    f'{HEAD}<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
)
OF_THIS_MACHINE = ("build_path", "compiled_path", "root_path")


def write_docs(release: Path, manifest: Path) -> None:
    """Writes the documentation into a release folder that is not served yet."""
    folder = release / SITE_DOCS
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(render(json.loads(manifest.read_text(encoding="utf-8"))), encoding="utf-8")


def render(manifest: dict[str, Any]) -> str:
    page = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    missing = [place for place in (HEAD, MANIFEST, CATALOG) if page.count(place) != 1]
    if missing:
        raise EntrepotError(
            f"dbt's page {DOCS_INDEX_FILE_PATH} has no single place for {', '.join(missing)}: this version of dbt fills it "
            "in another way. Nothing was published. See how `dbt docs generate --static` does it, and mend "
            "`orchestration/publishing/docs.py`."
        )
    nodes = {name: _without(node, *OF_THIS_MACHINE) for name, node in manifest["nodes"].items()}
    catalog = {"metadata": {"generated_at": manifest["metadata"]["generated_at"]}, "nodes": {}, "sources": {}}
    return (
        page.replace(HEAD, OURS)
        .replace(CATALOG, _in_script(catalog))
        .replace(MANIFEST, _in_script(manifest | {"nodes": nodes}))
    )


def _without(node: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in names}


def _in_script(content: dict[str, Any]) -> str:
    """JSON inside a script element: nothing in it may end the element."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
