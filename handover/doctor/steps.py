"""Steps of one way, of which each is a check; some end it."""

from dataclasses import dataclass, field

from handover.doctor.checks import Check, Symptom, fine, wrong


class EndsHere(Exception):
    """Nothing beyond this step can be looked at."""


@dataclass
class Steps:
    """The steps in their order."""

    symptom: Symptom = Symptom.NOTHING
    done: list[Check] = field(default_factory=list)

    def well(self, name: str, found: str) -> None:
        """In order."""
        self.done.append(fine(self.symptom, name, found))

    def bad(self, name: str, cause: str, next_step: str) -> EndsHere:
        """Out of order. What follows may still be looked at; raise what this returns where it cannot."""
        self.done.append(wrong(self.symptom, name, cause=cause, next_step=next_step))
        return EndsHere()
