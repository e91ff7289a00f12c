"""The model, the forges, OpenID Connect: whether each answers as what it is meant to be. Nothing is billed."""

import json
from urllib.parse import urlsplit

import httpx

from handover.configuration.declared import Model
from handover.doctor.checks import Check, Symptom, fine, wrong
from handover.forges.github import api_address
from handover.gateway.upstream import without_dialect
from handover.lib.http import bounded

MODEL, FORGE, OIDC = "Model", "Forge", "OpenID Connect"
MOST_BYTES = 4 * 1024 * 1024


async def of_model(model: Model, key: str, *, http: httpx.AsyncClient) -> Check:
    """Whether the model's server takes the key, by its list of models.

    https://platform.openai.com/docs/api-reference/models/list
    """
    name = f"{MODEL}: {model.base_url}"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = await _asked(f"{model.base_url.rstrip('/')}/models", http, headers)
    if isinstance(answer, str):
        return wrong(Symptom.OTHERS, name, cause=answer, next_step="Correct the model's base URL: Console › Model.")
    return model_judged(answer, model, name, key=bool(key))


def no_model() -> Check:
    """None is named, and so nobody is asked."""
    cause = "No model is named: no agent can work."
    return wrong(Symptom.OTHERS, MODEL, cause=cause, next_step="Name one: Console › Model.")


def model_judged(answer: httpx.Response, model: Model, name: str, *, key: bool) -> Check:
    """What the answer tells. Servers without such a list answer 404, and may be a model's all the same."""
    status, wanted = answer.status_code, without_dialect(model.name)
    if status in (401, 403):
        cause = f"The model's server refuses the key ({status})." if key else "The model's server wants a key."
        return wrong(Symptom.OTHERS, name, cause=cause, next_step="Enter a key that it takes: Console › Model.")
    if status == 404:
        return fine(Symptom.OTHERS, name, "It answers, and has no list of its models.")
    listed = _names(answer) if status == 200 else None
    if listed is None:
        cause = f"{model.base_url} answers {status}, not as a model's server does."
        return wrong(Symptom.OTHERS, name, cause=cause, next_step="Correct the model's base URL: Console › Model.")
    if wanted not in listed:
        cause = f"The server has no model {wanted or '(none is named)'}; it has {', '.join(sorted(listed)[:10])}."
        return wrong(Symptom.OTHERS, name, cause=cause, next_step="Name one that it has: Console › Model.")
    return fine(Symptom.OTHERS, name, f"It takes the key and has {wanted}.")


async def of_forge(base_url: str, *, http: httpx.AsyncClient) -> Check:
    """Whether a GitHub answers. Without a credential: those are members' own.

    https://docs.github.com/en/rest/meta/meta#github-api-root
    """
    name = f"{FORGE}: {base_url}"
    answer = await _asked(api_address(base_url), http, {"Accept": "application/vnd.github+json"})
    if isinstance(answer, str):
        return wrong(Symptom.OTHERS, name, cause=answer, next_step="Correct its base URL: Console › Forges.")
    if answer.status_code >= 500:
        cause = f"{base_url} answers {answer.status_code}: it fails."
        return wrong(Symptom.OTHERS, name, cause=cause, next_step="Wait, or tell its administrator.")
    told = _object(answer)
    if not {"documentation_url", "current_user_url"} & told.keys() and "x-github-request-id" not in answer.headers:
        cause = f"{api_address(base_url)} answers {answer.status_code}, not as a GitHub does."
        return wrong(Symptom.OTHERS, name, cause=cause, next_step="Correct its base URL: Console › Forges.")
    return fine(Symptom.OTHERS, name, "A GitHub answers.")


async def of_provider(base_url: str, *, http: httpx.AsyncClient) -> Check:
    """Whether the provider describes itself.

    https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
    """
    name, address = f"{OIDC}: {base_url}", f"{base_url.rstrip('/')}/.well-known/openid-configuration"
    step = "Correct the issuer: Console › OpenID Connect. It is the address before /.well-known."
    answer = await _asked(address, http, {})
    if isinstance(answer, str):
        return wrong(Symptom.OTHERS, name, cause=answer, next_step=step)
    told = _object(answer)
    if answer.status_code != 200 or "issuer" not in told:
        cause = f"{address} answers {answer.status_code}, without the description of a provider."
        return wrong(Symptom.OTHERS, name, cause=cause, next_step=step)
    if str(told["issuer"]).rstrip("/") != base_url.rstrip("/"):
        cause = f"The provider calls itself {str(told['issuer'])[:200]}, and here it is {base_url}."
        return wrong(Symptom.OTHERS, name, cause=cause, next_step=step)
    return fine(Symptom.OTHERS, name, "It describes itself.")


async def _asked(url: str, http: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response | str:
    """The answer, or why there is none."""
    try:
        return await bounded(http, http.build_request("GET", url, headers=headers), most_bytes=MOST_BYTES)
    except httpx.RequestError as error:
        return f"{urlsplit(url).netloc} cannot be asked: {str(error) or type(error).__name__}"


def _names(answer: httpx.Response) -> set[str] | None:
    listed = _object(answer).get("data")
    if not isinstance(listed, list):
        return None
    return {str(one["id"]) for one in listed if isinstance(one, dict) and "id" in one}


def _object(answer: httpx.Response) -> dict[str, object]:
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
