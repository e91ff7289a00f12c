"""What an agent works with, where, and how long: the model, the sandbox, the limits."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from handover.configuration.fields import address, amount, choice, secret, text, whole
from handover.configuration.groups.group import Group, Problems
from handover.configuration.secret import Secret
from handover.configuration.spelling import one_word


@dataclass(frozen=True, kw_only=True)
class Model(Group):
    """The model that agents work with."""

    title: ClassVar[str] = "Model"
    about: ClassVar[str] = "Agents reach it through Handover's gateway, which puts the key in outside the sandbox."

    name: str = text(
        "",
        label="Name",
        help="With its provider's prefix as OpenHands wants it, such as openai/gpt-5.",
        variable="HANDOVER_MODEL",
        also=("LLM_MODEL",),
        checks=(one_word,),
    )
    base_url: str = address(
        "https://api.openai.com/v1",
        label="Base URL",
        help="Where chat completions are asked for, without /chat/completions.",
        variable="HANDOVER_MODEL_BASE_URL",
        also=("LLM_BASE_URL",),
        example="https://api.openai.com/v1",
    )
    key: Secret = secret(
        label="Key",
        help="The gateway alone holds it; no sandbox ever sees it.",
        variable="HANDOVER_MODEL_KEY",
        also=("LLM_API_KEY",),
    )
    input_price: Decimal = amount(
        "0.000003",
        label="Cost of one input token",
        help="In the currency of the ceiling. 3 for a million tokens is 0.000003.",
        variable="HANDOVER_INPUT_PRICE",
    )
    output_price: Decimal = amount(
        "0.000015",
        label="Cost of one output token",
        help="In the same currency.",
        variable="HANDOVER_OUTPUT_PRICE",
    )

    def problems(self) -> Problems:
        """Without a base URL nothing is asked."""
        if not self.base_url:
            yield "base_url", "Say where the model is, like https://api.openai.com/v1."


@dataclass(frozen=True, kw_only=True)
class Agents(Group):
    """Where agents run, and how many."""

    title: ClassVar[str] = "Agents"
    about: ClassVar[str] = "Each run has a sandbox of its own."

    sandbox: Literal["bubblewrap", "none"] = choice(
        "bubblewrap",
        of={"bubblewrap": "Bubblewrap", "none": "None: isolates nothing, for machines that are thrown away"},
        label="Sandbox",
        help="Where an agent runs. A change holds for runs that start afterwards.",
        variable="HANDOVER_SANDBOX",
    )
    at_once: int = whole(
        4,
        least=1,
        most=1000,
        label="Agents at once",
        help="Further runs wait for a free place. An agent takes some 350 MB of memory.",
        variable="HANDOVER_AGENTS_AT_ONCE",
    )
    memory_megabytes: int = whole(
        4096,
        least=256,
        most=1_000_000,
        label="Memory of one process (MB)",
        help="The most that one process in a sandbox may hold for itself; an agent-server takes some 350.",
        variable="HANDOVER_SANDBOX_MEMORY_MEGABYTES",
    )
    file_megabytes: int = whole(
        2048,
        least=16,
        most=1_000_000,
        label="Largest file (MB)",
        help="The largest single file that a process in a sandbox may write.",
        variable="HANDOVER_SANDBOX_FILE_MEGABYTES",
    )


@dataclass(frozen=True, kw_only=True)
class Limits(Group):
    """What one run may use up."""

    title: ClassVar[str] = "Limits"
    about: ClassVar[str] = "Of one run. Whoever reaches one is told so on the issue."

    ceiling: Decimal = amount(
        "5",
        label="Cost ceiling",
        help="The most that one run may cost, in the currency of the token costs; the gateway stops there.",
        variable="HANDOVER_RUN_CEILING",
        least="0.01",
    )
    steps: int = whole(
        100, least=1, label="Steps", help="The most steps that an agent takes.", variable="HANDOVER_RUN_STEPS"
    )
    seconds: int = whole(
        3600, least=10, label="Seconds", help="The longest that one run may take.", variable="HANDOVER_RUN_SECONDS"
    )
    work_megabytes: int = whole(
        50,
        least=1,
        most=2000,
        label="Size of the change (MB)",
        help="The most that one run's change may weigh.",
        variable="HANDOVER_WORK_MEGABYTES",
    )
