"""What keeps all of Handover from working, and so the doctor from looking further. Pure."""

from django.db import DatabaseError

from handover.doctor.checks import Check, Symptom, wrong
from handover.lib.environment import BadSetting

SETTINGS, DATABASE = "Settings", "Database"
# SQLite's words where a table or a column is not there.
ANOTHER_VERSION = "no such"


def failed(error: BadSetting | DatabaseError) -> Check:
    """The setting or the database that cannot be used."""
    if isinstance(error, BadSetting):
        step = "Correct that, and start Handover anew."
        return wrong(Symptom.STARTING, SETTINGS, cause=str(error), next_step=step)
    if ANOTHER_VERSION in str(error):
        cause = "The database is not at this version, or HANDOVER_DATA names another folder than Handover's."
        return wrong(Symptom.STARTING, DATABASE, cause=cause, next_step="Run handover migrate.")
    step = "See that HANDOVER_DATA names Handover's folder, that its disk is not full, and that we may write there."
    return wrong(Symptom.STARTING, DATABASE, cause=f"The database cannot be used: {error}.", next_step=step)
