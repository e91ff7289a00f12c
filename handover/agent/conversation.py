"""What an agent is asked to do, and how the agent-server wants it put."""

from dataclasses import dataclass
from decimal import Decimal

TOOLS = ("terminal", "file_editor", "task_tracker")
# The agent's own tries at the model, and the longest that it waits for an answer; the gateway tries no more.
MODEL_RETRIES = 2
MODEL_SECONDS = 300


@dataclass(frozen=True)
class Model:
    """The model as the agent reaches it. Prices are per token; `token` is the run's own, and no provider's key."""

    name: str
    base_url: str
    token: str
    input_price: Decimal
    output_price: Decimal


@dataclass(frozen=True)
class Conversation:
    """What the agent is asked to do. `id` is a UUID; `working_dir` is a path inside the sandbox."""

    id: str
    text: str
    working_dir: str
    model: Model
    steps: int

    def body(self) -> dict[str, object]:
        """The body of `POST /api/conversations`.

        In the form with `agent`: every agent-server from 1.0 to 1.58.2 takes it, `agent_settings` only those from 1.30.
        """
        return {
            "conversation_id": self.id,
            "agent": {"kind": "Agent", "llm": self._llm(), "tools": [{"name": name} for name in TOOLS]},
            "workspace": {"kind": "LocalWorkspace", "working_dir": self.working_dir},
            "initial_message": {"role": "user", "content": [{"type": "text", "text": self.text}], "run": True},
            "confirmation_policy": {"kind": "NeverConfirm"},
            "max_iterations": self.steps,
            # A title would be one more call to the model.
            "autotitle": False,
        }

    def _llm(self) -> dict[str, object]:
        return {
            "model": self.model.name,
            "base_url": self.model.base_url,
            "api_key": self.model.token,
            "usage_id": "agent",
            # Else some models are asked at /v1/responses, which no compatible gateway has.
            "api_mode": "chat",
            "num_retries": MODEL_RETRIES,
            "retry_min_wait": 1,
            "retry_max_wait": 2,
            "timeout": MODEL_SECONDS,
            "input_cost_per_token": float(self.model.input_price),
            "output_cost_per_token": float(self.model.output_price),
        }
