"""Each release says what it was made with: the bill is that of the lock, and names no place to fetch from."""

import json

from orchestration.settings import BILL_OF_MATERIALS
from tests.tools.audit import locked, version_of


def test_the_bill_names_each_package_of_the_lock_and_no_other() -> None:
    bill = json.loads(BILL_OF_MATERIALS.read_text(encoding="utf-8"))
    listed = sorted((part["name"], part["version"]) for part in bill["components"])
    wanted = sorted((line.name, version_of(line)) for line in locked())
    assert listed == wanted, "run `make sbom`"
    assert len(wanted) > 100
    assert sorted(bill["dependencies"][0]["dependsOn"]) == sorted(part["purl"] for part in bill["components"])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
