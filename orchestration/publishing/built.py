"""Publishes what a build made, whichever engine made it."""

from collections.abc import Callable

from orchestration import transform
from orchestration.inputs import code_version, fingerprint
from orchestration.publishing.release import Publication, publish
from orchestration.publishing.site import write_site
from orchestration.settings import Settings


def publish_built(
    at: Settings, made: Settings, counts: transform.TestCounts, progress: Callable[[str], None]
) -> Publication:
    """Into what `at` serves go the marts of `made`'s warehouse, as dbt's account there lists them. The caller holds the lock."""
    return publish(
        at.serving,
        made.warehouse,
        transform.marts(made),
        fingerprint=fingerprint(at),
        code_version=code_version(),
        tests_passed=counts.passed,
        tests_warned=counts.warned,
        failed_tests=counts.failed_by_table,
        page=lambda folder: write_site(folder, made.dbt_target / "manifest.json"),
        progress=progress,
    )
