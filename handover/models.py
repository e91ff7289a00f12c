"""Every table."""

from handover.configuration.models import Process, Version
from handover.connections.models import Connection, DoorTally
from handover.members.models import ForgeAccount, Invitation, JiraLink, Member, Told
from handover.runs.models import ModelCall, Run, RunEvent
from handover.triggers.models import Delivery

__all__ = [
    "Connection",
    "Delivery",
    "DoorTally",
    "ForgeAccount",
    "Invitation",
    "JiraLink",
    "Member",
    "ModelCall",
    "Process",
    "Run",
    "RunEvent",
    "Told",
    "Version",
]
