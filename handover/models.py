"""Every table."""

from handover.connections.models import Connection
from handover.members.models import ForgeAccount, JiraLink, Member
from handover.repositories.models import Forge
from handover.runs.models import ModelCall, Run, RunEvent
from handover.triggers.models import Delivery

__all__ = ["Connection", "Delivery", "Forge", "ForgeAccount", "JiraLink", "Member", "ModelCall", "Run", "RunEvent"]
