"""What people ask the doctor, and how they write it. Pure: the command reads it before Django is up."""

import re
from dataclasses import dataclass

ISSUE = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[0-9]{1,19}", re.ASCII)
DELIVERY = re.compile(r"#?([0-9]{1,18})", re.ASCII)
LAST_DELIVERY = 10**18 - 1


@dataclass(frozen=True)
class Question:
    """To explain a delivery or an issue, or to send a test on one; to look at everything where nothing is named.

    `jira` is the base URL of the one that is meant; None where there is only one.
    """

    delivery: int | None = None
    issue: str | None = None
    test_on: str | None = None
    jira: str | None = None
