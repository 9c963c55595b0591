"""What a release holds for people beside its tables: the page, the documentation, the bill of materials."""

import shutil
from pathlib import Path

from orchestration.publishing.docs import write_docs
from orchestration.publishing.page import write_page
from orchestration.settings import BILL_OF_MATERIALS


def write_site(folder: Path, manifest: Path) -> None:
    """Writes them into the folder of a release, whose database is there already; `manifest` is dbt's account of the marts."""
    write_page(folder)
    write_docs(folder, manifest)
    shutil.copyfile(BILL_OF_MATERIALS, folder / BILL_OF_MATERIALS.name)
