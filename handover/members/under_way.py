"""What a browser has begun elsewhere: kept in its session alone, good once and for ten minutes."""

import time
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from handover.forges.forge import Absent
from handover.lib.oauth import new_state

# Long enough to sign in there first.
MOST_SECONDS = 600
# Of a browser with several tabs; the oldest give way.
MOST_UNDER_WAY = 5
LONGEST_STATE = 200


@dataclass(frozen=True)
class UnderWay:
    """The ways of one kind that were begun in this session."""

    session: SessionBase
    key: str

    def begin(self, **what: str) -> str:
        """Note what is begun. Returns the state, which nobody can guess, to come back with."""
        state = new_state()
        kept = dict(list(self._living().items())[-(MOST_UNDER_WAY - 1) :])
        self.session[self.key] = {**kept, state: {"until": time.time() + MOST_SECONDS, "what": what}}
        return state

    def taken(self, state: str) -> dict[str, str] | Absent:
        """What was begun with this state. It is gone from the session before anything comes of it."""
        living = self._living()
        found = living.pop(state[:LONGEST_STATE], None)
        if found is None:
            return Absent()
        self.session[self.key] = living
        self.session.save()
        return dict(found["what"])

    def _living(self) -> dict[str, dict[str, Any]]:
        known = self.session.get(self.key, {})
        return {state: one for state, one in known.items() if one["until"] > time.time()}
