"""`make audit`: is what is installed what the lock says, unchanged since, and free to use; is a weakness of it known?

All but the last needs no network. Where the registry's list of weaknesses does not answer, that is told, and proves nothing.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestration.settings import PROJECT

LOCK = PROJECT / "requirements.lock"
OWN = {"entrepot", "pip", "setuptools", "wheel"}
# Copyleft that would reach a program that imports it. LGPL and MPL do not, nor what may be had under another licence too.
REACHES_US = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)


def locked() -> list[Requirement]:
    """Each line of the lock; of a package that differs between machines, each version with its marker."""
    text = LOCK.read_text(encoding="utf-8")
    return [Requirement(line.rstrip(" \\")) for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]


def version_of(line: Requirement) -> str:
    return next(iter(line.specifier)).version


def strangers(installed: Mapping[str, Distribution]) -> Iterator[str]:
    """What is installed in another version than the lock has for this machine, or is not in it."""
    here = [line for line in locked() if line.marker is None or line.marker.evaluate()]
    wanted = {canonicalize_name(line.name): version_of(line) for line in here}
    for name, found in sorted(installed.items()):
        if wanted.get(canonicalize_name(name)) != found.version:
            yield f"{name} {found.version} is installed and the lock has {wanted.get(canonicalize_name(name), 'none')}"


def unfree(installed: Mapping[str, Distribution]) -> Iterator[str]:
    for name, found in sorted(installed.items()):
        classified = [line for line in found.metadata.get_all("Classifier") or [] if line.startswith("License ::")]
        licences = classified or re.split(r"\bOR\b", str(found.metadata.json.get("license_expression", "")))
        if licences != [""] and all(REACHES_US.search(licence) for licence in licences):
            yield f"{name} is under {', '.join(licences)}"


def changed(installed: Mapping[str, Distribution]) -> Iterator[str]:
    """Files that are not as any package that claims them brought them."""
    claims: dict[Path, set[tuple[str, str]]] = defaultdict(set)
    for found in installed.values():
        for file in found.files or ():
            if file.hash is not None and file.suffix != ".pyc":
                claims[Path(str(file.locate()))].add((file.hash.mode, file.hash.value))
    for path, hashes in sorted(claims.items()):
        if path.is_file() and not any(_digest(path, mode) == value for mode, value in hashes):
            yield f"{path} is not what was installed"


def _digest(path: Path, mode: str) -> str:
    return base64.urlsafe_b64encode(hashlib.new(mode, path.read_bytes()).digest()).rstrip(b"=").decode()


def weaknesses() -> tuple[list[str], int]:
    """What the registry knows, and of how many packages it said anything."""
    ask = ("-r", LOCK, "--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "5", "-f", "json")
    answer = subprocess.run([sys.executable, "-m", "pip_audit", *ask], capture_output=True, text=True)
    try:
        packages = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], 0
    known = [f"{package['name']} {weak['id']}" for package in packages for weak in package.get("vulns", ())]
    return known, sum("skip_reason" not in package for package in packages)


def main() -> None:
    found = {found.name: found for found in distributions() if ".tools" not in str(found.locate_file(""))}
    installed = {name: package for name, package in found.items() if name not in OWN}
    known, asked = weaknesses()
    wrong = [*strangers(installed), *unfree(installed), *changed(installed), *known]
    print(f"{len(installed)} packages installed. Of {asked} the registry told what weaknesses it knows: {len(known)}.")  # noqa: T201
    if not asked:
        print("The registry's list of weaknesses did not answer: of these nothing is proved.")  # noqa: T201
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
