"""What is committed runs on any machine, gives nothing away, and its README knows every mart."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from orchestration.settings import PROJECT

from .declared import DBT_PROJECT, Declared

# The one place that reads the environment, and the one that must set a variable before a library is imported.
READS_THE_ENVIRONMENT = {"orchestration/settings.py", "orchestration/__init__.py"}

GIVES_AWAY = {
    "a path of one machine": r"(?<![\w.:/-])/(?:home|root|work|Users|mnt)/\w",
    "a Windows path of one machine": r"\b[A-Z]:\\Users\\",
    "a host of a private network": r"https?://(?:[\w.-]+\.(?:internal|corp|lan|local)\b|10\.\d|192\.168\.)",
    "a package index": r"--(?:extra-index-url|index-url|trusted-host)\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of a cloud or a forge": r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|xox[abp]-\w{10})",
    "a key of a service": r"(?i)(?:api_?key|service_?key|token|secret|password)\s*[=:]\s*[\"']?[\w%+/-]{20,}",
}


def tracked() -> list[Path]:
    """What git holds or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := PROJECT / name).is_file()]


def environment_reads(code: str) -> list[str]:
    """`os.environ`, `os.getenv` and their imports, by line."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "putenv"):
            found.append(f"line {node.lineno}: {node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names = {alias.name for alias in node.names} & {"environ", "environb", "getenv", "putenv"}
            found.extend(f"line {node.lineno}: {name}" for name in sorted(names))
    return found


def test_only_the_settings_read_the_environment() -> None:
    for path in sorted((PROJECT / "orchestration").rglob("*.py")):
        name = path.relative_to(PROJECT).as_posix()
        if name not in READS_THE_ENVIRONMENT:
            assert environment_reads(path.read_text(encoding="utf-8")) == [], f"{name}: ask orchestration/settings.py"


def test_models_and_macros_read_no_environment() -> None:
    reading = [path.name for path in DBT_PROJECT.rglob("*.sql") if "env_var(" in path.read_text(encoding="utf-8")]
    assert reading == [], "profiles.yml alone is told where the warehouse is"


@pytest.mark.parametrize("what", sorted(GIVES_AWAY))
def test_no_file_names(what: str) -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for hit in re.finditer(GIVES_AWAY[what], text):
            found.append(f"{path.relative_to(PROJECT)}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}")
    assert found == []


def pinned(lock: str) -> dict[str, Version]:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    return {name: Version(version) for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)", text, re.M)}


def test_the_lock_of_the_postgres_extra_has_what_it_asks_for_and_agrees_with_the_main_lock() -> None:
    main, extra = pinned("requirements.lock"), pinned("requirements-postgres.lock")
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in map(Requirement, declared["optional-dependencies"]["postgres"]):
        assert extra[requirement.name] in requirement.specifier
    assert {name: main[name] for name in extra.keys() & main.keys()} == {
        name: extra[name] for name in extra.keys() & main.keys()
    }
    assert not any(name.startswith("adbc") for name in main), "the extra is no part of the default installation"


def test_the_lock_of_spark_is_the_main_lock_and_what_spark_needs() -> None:
    main, whole = pinned("requirements.lock"), pinned("requirements-spark.lock")
    assert {name: whole.get(name) for name in main} == main
    assert {"dbt-spark", "pyspark", "pyhive", "thrift"} <= whole.keys() - main.keys()


def test_the_readme_names_every_mart(project: Declared) -> None:
    words = set(re.findall(r"\w+", (PROJECT / "README.md").read_text(encoding="utf-8")))
    assert sorted({mart.name for mart in project.marts} - words) == []
