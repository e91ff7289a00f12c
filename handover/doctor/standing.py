"""Whether the connection lets anything start. Pure."""

from handover.connections.models import Connection
from handover.doctor.checks import Check, Symptom, fine, wrong

ACTIVE = "Connection active"
SET_UP = "Settings › Integrations › Jira Data Center"


def of_connection(connection: Connection) -> Check:
    """Whether deliveries of this Jira are acted on."""
    name = f"{ACTIVE}: {connection.base_url}"
    match connection.webhook_state:
        case Connection.Webhook.ACTIVE:
            return fine(Symptom.NOTHING, name)
        case Connection.Webhook.PAUSED:
            cause = "The connection is paused: deliveries are journaled, and nothing starts."
            return wrong(Symptom.NOTHING, name, cause=cause, next_step=f"Resume it: {SET_UP}.")
        case Connection.Webhook.PREPARED:
            cause = "The connection is not active yet: what is delivered is journaled as such, and nothing starts."
            step = f"Press “I created the webhook”, once it is there in Jira: {SET_UP}."
            return wrong(Symptom.NOTHING, name, cause=cause, next_step=step)
    step = f"Install the webhook automatically, or generate its details: {SET_UP}."
    return wrong(Symptom.NOTHING, name, cause="No webhook is set up for this Jira yet.", next_step=step)
