"""Delivers: what the agent made becomes one commit of ours, a branch and a pull request, with the member's own rights."""

from collections.abc import Sequence
from pathlib import Path

from handover import settings
from handover.engine import durable
from handover.forges import delivery
from handover.forges.forge import ForgeCredential, ForgeMissing, ForgeRefused, ForgeUnavailable, PullRequest
from handover.forges.inspection import Limits, WorkRefused
from handover.members.models import ForgeAccount
from handover.members.reach import as_member
from handover.runs import replies
from handover.runs.asking import TRIES, account_of
from handover.runs.endings import Ended
from handover.runs.models import Cause, Run, State
from handover.runs.records import move, note, page_of, run_of
from handover.runs.workshop import Workshop
