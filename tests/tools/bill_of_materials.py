"""`make sbom` writes `requirements.cdx.json`: what a release was made with, as CycloneDX, from the lock. It goes into each release.

Hashes stay in the lock, which names several files for one package; addresses of registries are left out.
"""

import json
import subprocess
import sys
from typing import Any

from orchestration.settings import BILL_OF_MATERIALS, PROJECT

LOCK = PROJECT / "requirements.lock"
KEPT = ("type", "name", "version", "purl")


def main() -> None:
    ask = (
        "requirements",
        LOCK,
        "--pyproject",
        PROJECT / "pyproject.toml",
        "--output-reproducible",
        "--of",
        "JSON",
        "-o",
        "-",
    )
    answer = subprocess.run([sys.executable, "-m", "cyclonedx_py", *ask], check=True, capture_output=True, text=True)
    BILL_OF_MATERIALS.write_text(
        json.dumps(pruned(json.loads(answer.stdout)), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def pruned(bill: dict[str, Any]) -> dict[str, Any]:
    """Names, versions and package addresses; the project itself as what they are parts of."""
    parts = [{name: part[name] for name in KEPT} | {"bom-ref": part["purl"]} for part in bill["components"]]
    whole = {name: bill["metadata"]["component"][name] for name in ("type", "name", "version", "bom-ref")}
    return {name: bill[name] for name in ("$schema", "bomFormat", "specVersion", "version")} | {
        "metadata": {"component": whole},
        "components": parts,
        "dependencies": [{"ref": whole["bom-ref"], "dependsOn": [part["purl"] for part in parts]}],
    }


if __name__ == "__main__":
    main()
