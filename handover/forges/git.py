"""Git as Handover uses it: clone outside, hand a bundle in, take a bundle out, make one commit, push it."""

from handover.forges.bundles import WORK_REF, WorkRefused
from handover.forges.clone import clone, write_bundle
from handover.forges.delivery import COMMITTER, Person, Work, commit, push, receive
from handover.forges.inspection import Change, Limits
from handover.forges.remotes import branch_tip

__all__ = [
    "COMMITTER",
    "WORK_REF",
    "Change",
    "Limits",
    "Person",
    "Work",
    "WorkRefused",
    "branch_tip",
    "clone",
    "commit",
    "push",
    "receive",
    "write_bundle",
]
