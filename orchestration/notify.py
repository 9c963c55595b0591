"""Tells a person that a run failed, by mail, chat or webhook: whatever the address in `ENTREPOT_NOTIFY_URL` stands for.

Apprise sends it; install it with `pip install 'entrepot[notify]'`. Without the setting nothing is sent.
"""

import logging

from dagster import (
    DefaultSensorStatus,
    RunFailureSensorContext,
    SensorDefinition,
    SkipReason,
    run_failure_sensor,
)
from dagster._core.execution.plan.objects import StepFailureData

from orchestration.errors import EntrepotError
from orchestration.settings import settings

LONGEST = 1500


def send(address: str, title: str, text: str) -> None:
    """Raises `EntrepotError` where it could not be sent; the address, which holds a secret, is told to nobody."""
    try:
        import apprise
    except ImportError:
        raise EntrepotError(
            "ENTREPOT_NOTIFY_URL is set and Apprise is not installed. Nobody was told. Run pip install 'entrepot[notify]'."
        ) from None
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they would name the address
    sender = apprise.Apprise()
    if not sender.add(address):
        raise EntrepotError("ENTREPOT_NOTIFY_URL is no address that Apprise knows. Nobody was told.")
    if not sender.notify(title=title, body=text):
        raise EntrepotError("The address in ENTREPOT_NOTIFY_URL did not take the message. Nobody was told.")


def failure_text(context: RunFailureSensorContext) -> str:
    """The errors of the steps that failed, else what Dagster says of the run; shortened."""
    errors = [
        event.event_specific_data.error
        for event in context.get_step_failure_events()
        if isinstance(event.event_specific_data, StepFailureData)
    ]
    causes = [error.cause or error for error in errors if error is not None]
    said = "\n".join(cause.message.strip() for cause in causes) or context.failure_event.message or ""
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def failure_sensor() -> SensorDefinition:
    @run_failure_sensor(
        name="tell_of_failures",
        default_status=DefaultSensorStatus.RUNNING,
        description="Sends what failed to the address in ENTREPOT_NOTIFY_URL. Without that setting it sends nothing.",
    )
    def tell(context: RunFailureSensorContext) -> SkipReason | None:
        address = settings().notify_url
        if address is None:
            return SkipReason("ENTREPOT_NOTIFY_URL is not set: nobody was told.")
        run = context.dagster_run
        send(
            address.get_secret_value(),
            f"Entrepôt: {run.job_name} failed",
            f"{failure_text(context)}\n\nRun {run.run_id}",
        )
        return None

    return tell
