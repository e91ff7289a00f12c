"""The model that the gateway calls."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

# The agent always speaks OpenAI's dialect with us; litellm takes these off before it sends the name.
_DIALECTS = ("openai/", "litellm_proxy/")
# OpenAI's reasoning models refuse the older `max_tokens`; many compatible servers know nothing else.
# https://platform.openai.com/docs/api-reference/chat/create
_NEWER_LIMIT = frozenset({"api.openai.com"})


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """Where the model is and how it is asked.

    `model_for_agent` is the only name that the agent may ask for; `answer_tokens` the longest answer where the agent
    names none; `limit_field` the name under which that goes upstream; `seconds` the longest that one call may take.
    """

    base_url: str
    key: str = field(repr=False)
    model_for_agent: str
    model_upstream: str
    answer_tokens: int = 16_384
    limit_field: str = "max_tokens"
    seconds: float = 600.0

    @property
    def url(self) -> str:
        """The one address that is called."""
        return f"{self.base_url.rstrip('/')}/chat/completions"


def upstream_of(model: str, *, base_url: str, key: str) -> Upstream:
    """The upstream of the settings. `model` is written as OpenHands wants it, such as openai/gpt-5."""
    name = without_dialect(model)
    newer = urlsplit(base_url).hostname in _NEWER_LIMIT
    return Upstream(
        base_url=base_url,
        key=key,
        model_for_agent=name,
        model_upstream=name,
        limit_field="max_completion_tokens" if newer else "max_tokens",
    )


def without_dialect(model: str) -> str:
    """The model's name as litellm sends it: `openai/gpt-5` becomes `gpt-5`."""
    for dialect in _DIALECTS:
        if model.startswith(dialect):
            return model.removeprefix(dialect)
    return model
